#include "kafka/producer.h"

#include <fmt/format.h>

#include <cassert>

#include "core/command_hook.h"
#include "core/failure.h"
#include "core/parse.h"

namespace couponctl::kafka {
namespace {

using core::Error;
using core::Result;

constexpr int poll_ms = 100;
// At destruction, after purge(): every report is then local, so this is never waited out.
constexpr int purge_ms = 5000;

using HeadersHandle = core::Handle<rd_kafka_headers_t, rd_kafka_headers_destroy>;

HeadersHandle make_headers(std::span<const Header> headers) {
  HeadersHandle list(rd_kafka_headers_new(headers.size()));
  for (const auto& [name, value] : headers)
    rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  return list;
}

Persistence persistence_of(const rd_kafka_message_t& message) {
  switch (rd_kafka_message_status(&message)) {
    case RD_KAFKA_MSG_STATUS_PERSISTED:
      return Persistence::persisted;
    case RD_KAFKA_MSG_STATUS_NOT_PERSISTED:
      return Persistence::not_persisted;
    case RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED:
      break;
  }
  return Persistence::possibly_persisted;
}

Settings producer_settings(const ProducerOptions& options) {
  return {{"enable.idempotence", "true"},
          {"acks", "all"},
          {"max.in.flight.requests.per.connection", "5"},
          {"linger.ms", std::to_string(options.linger.count())},
          {"message.timeout.ms", std::to_string(options.message_timeout.count())},
          {"allow.auto.create.topics", "false"},
          {"socket.nagle.disable", "true"},
          {"socket.keepalive.enable", "true"}};
}

}  // namespace

bool has_no_room(const Error& error) { return is(error, RD_KAFKA_RESP_ERR__QUEUE_FULL); }

Producer::Producer(const ProducerOptions& options, OnDelivery on_delivery)
    : on_delivery_(std::move(on_delivery)) {
  const Cluster nobody_yet{"", options.brokers.properties};
  auto config = make_config(nobody_yet, producer_settings(options));
  rd_kafka_conf_set_opaque(config.get(), this);
  rd_kafka_conf_set_dr_msg_cb(config.get(),
                              [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
                                static_cast<Producer*>(self)->report(*message);
                              });
  client_ = make_client(RD_KAFKA_PRODUCER, std::move(config));
  if (!options.topic.empty())
    topic_.reset(rd_kafka_topic_new(client_.get(), options.topic.c_str(), nullptr));
  if (rd_kafka_brokers_add(client_.get(), options.brokers.brokers.c_str()) == 0)
    throw core::Failure(core::Exit::usage, fmt::format("kafka: no broker in {}",
                                                       core::quote(options.brokers.brokers)));
  poller_ = std::jthread([this](const std::stop_token& stop) { poll(stop); });
}

Producer::~Producer() {
  poller_.request_stop();
  // Else a process that sends one message would wait for the end of that poll before it ends.
  const core::Handle<rd_kafka_queue_t, rd_kafka_queue_destroy> reports(
      rd_kafka_queue_get_main(client_.get()));
  rd_kafka_queue_yield(reports.get());
  poller_.join();
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_.get(), purge_ms);
}

Result<void> Producer::await_topic(std::chrono::milliseconds timeout) {
  assert(topic_);
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 0, topic_.get(), &metadata,
                                      static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(code, fmt::format("kafka topic '{}'", rd_kafka_topic_name(topic_.get())));
  rd_kafka_metadata_destroy(metadata);
  return {};
}

Result<void> Producer::produce(const Record& record, std::uint64_t token,
                               const Patience& patience) {
  const std::string topic(record.topic);
  const auto key = record.key.value_or(std::string_view());  // data() is null where there is none
  if (auto* const hook = core::command_hook()) {
    const std::string_view words[] = {record.topic, key, record.value};
    hook->before({core::Server::kafka, "produce", words});
  }
  auto headers = make_headers(record.headers);
  for (;;) {
    const auto code = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
        RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(token)),
        RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(headers.release());  // the message owns them now
      return {};
    }
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || patience.stop.stop_requested() ||
        std::chrono::steady_clock::now() >= patience.until)
      return error_of(code, fmt::format("kafka produce to '{}'", topic));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the poller makes room
  }
}

bool Producer::flush(std::chrono::milliseconds timeout) {
  // The poller serves the reports; flush also ends the linger of what is still gathering.
  return rd_kafka_flush(client_.get(), static_cast<int>(timeout.count())) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::optional<core::Error> Producer::fatal_error() const {
  {
    const std::scoped_lock lock(mutex_);
    if (!thrown_.empty())
      return Error{core::Fault::refused, {}, "kafka producer: a report was not taken: " + thrown_};
  }
  char reason[512];
  const auto code = rd_kafka_fatal_error(client_.get(), reason, sizeof reason);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return Error{core::Fault::refused, code_of(code), fmt::format("kafka producer: {}", reason)};
}

void Producer::poll(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    rd_kafka_poll(client_.get(), poll_ms);
    // librdkafka may keep what it held when it broke until message.timeout.ms; whoever waits for a
    // report is to have it now.
    if (fatal_error())
      rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  }
}

void Producer::report(const rd_kafka_message_t& message) {
  Delivery delivery{persistence_of(message), reinterpret_cast<std::uint64_t>(message._private), {}};
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    delivery.result = error_of(message.err, "kafka delivery");
  // An exception must not pass through librdkafka's frames, nor end the process on this thread.
  try {
    on_delivery_(delivery);
  } catch (const std::exception& error) {
    const std::scoped_lock lock(mutex_);
    thrown_ = error.what();
  }
}

}  // namespace couponctl::kafka
