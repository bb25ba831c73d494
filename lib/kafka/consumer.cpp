#include "kafka/consumer.h"

#include <fmt/format.h>

#include <utility>

#include "core/command_hook.h"
#include "core/failure.h"
#include "kafka/partition_list.h"

namespace couponctl::kafka {
namespace {

using core::Result;
using std::chrono::milliseconds;

std::string_view view(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

constexpr std::chrono::seconds close_max{5};

int as_int(milliseconds duration) { return static_cast<int>(duration.count()); }

Settings settings_of(const ConsumerOptions& options) {
  Settings settings{{"group.id", options.group},
                    {"enable.auto.offset.store", "false"},
                    {"partition.assignment.strategy", "range"},
                    {"session.timeout.ms", "10000"},
                    {"heartbeat.interval.ms", "1000"},
                    {"fetch.wait.max.ms", "100"},
                    {"check.crcs", "true"},
                    {"isolation.level", "read_committed"},
                    // What is read ahead, in all partitions together: it bounds the memory.
                    {"queued.max.messages.kbytes", "32768"},
                    {"fetch.max.bytes", "16777216"},
                    {"reconnect.backoff.max.ms", "1000"},
                    {"socket.keepalive.enable", "true"},
                    // Only there does it say why there is no coordinator; a few lines a second.
                    {"debug", "cgrp"},
                    {"allow.auto.create.topics", "false"},
                    {"topic.metadata.refresh.fast.interval.ms", "50"}};
  if (options.events) {
    settings.insert(settings.end(), {{"enable.auto.commit", "false"},
                                     {"auto.offset.reset", "error"},
                                     {"enable.partition.eof", "true"}});
  } else {
    settings.insert(settings.end(),
                    {{"enable.auto.commit", "true"}, {"auto.offset.reset", "earliest"}});
  }
  return settings;
}

PartitionList assignment(rd_kafka_t* client) {
  rd_kafka_topic_partition_list_t* raw = nullptr;
  rd_kafka_assignment(client, &raw);
  return PartitionList(raw);
}

// A checksum that does not fit, or a batch that cannot be unpacked. rdkafka_msgset_reader.c reports
// it in its place among the messages and means to go on behind it; 2.0.2 fails to skip a bad
// checksum and asks for the same batch for ever.
bool is_spoiled(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__BAD_MSG || code == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
         code == RD_KAFKA_RESP_ERR_INVALID_MSG || code == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED;
}

}  // namespace

std::optional<std::string_view> Message::value() const {
  if (!message_->payload) return std::nullopt;
  return view(message_->payload, message_->len);
}

std::optional<std::string_view> Message::key() const {
  if (!message_->key) return std::nullopt;
  return view(message_->key, message_->key_len);
}

std::optional<std::string_view> Message::header(const char* name) const {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message_.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  return view(value, size);
}

std::optional<ReadHeader> Message::header_at(std::size_t index) const {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message_.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_all(headers, index, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  return ReadHeader{name, view(value, size)};
}

Consumer::Consumer(const ConsumerOptions& options)
    : topic_(options.topic), events_(options.events) {
  auto config = make_config(options.brokers, settings_of(options));
  rd_kafka_conf_set_opaque(config.get(), this);
  rd_kafka_conf_set_error_cb(config.get(), [](rd_kafka_t*, int code, const char* reason,
                                              void* self) {
    static_cast<Consumer*>(self)->error_ = error_of(static_cast<rd_kafka_resp_err_t>(code), reason);
  });
  rd_kafka_conf_set_log_cb(config.get(), [](const rd_kafka_t* client, int level,
                                            const char* facility, const char* text) {
    static_cast<Consumer*>(rd_kafka_opaque(client))->hear(level, facility, text);
  });
  if (events_)
    rd_kafka_conf_set_rebalance_cb(config.get(),
                                   [](rd_kafka_t* client, rd_kafka_resp_err_t what,
                                      rd_kafka_topic_partition_list_t* partitions, void* self) {
                                     // An exception must not pass through librdkafka's frames.
                                     auto& consumer = *static_cast<Consumer*>(self);
                                     try {
                                       consumer.rebalance(what, *partitions);
                                     } catch (...) {
                                       consumer.thrown_ = std::current_exception();
                                     }
                                     // Last, and the poll at hand waits no longer for a message.
                                     rd_kafka_yield(client);
                                   });
  client_ = make_client(RD_KAFKA_CONSUMER, std::move(config));
  rd_kafka_poll_set_consumer(client_.get());
  if (!options.joins) return;
  const auto topics = list_of(topic_, {{RD_KAFKA_PARTITION_UA, RD_KAFKA_OFFSET_INVALID}});
  const auto code = rd_kafka_subscribe(client_.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw core::Failure(core::Exit::runtime, error_of(code, "kafka subscribe").text);
}

Consumer::~Consumer() {
  closing_ = true;
  close();
}

void Consumer::close() {
  const core::Handle<rd_kafka_queue_t, rd_kafka_queue_destroy> farewell(
      rd_kafka_queue_new(client_.get()));
  const core::Handle<rd_kafka_error_t, rd_kafka_error_destroy> refused(
      rd_kafka_consumer_close_queue(client_.get(), farewell.get()));
  constexpr int slice_ms = 50;
  for (const auto deadline = std::chrono::steady_clock::now() + close_max;
       !refused && !rd_kafka_consumer_closed(client_.get()) &&
       std::chrono::steady_clock::now() < deadline;) {
    // Messages may arrive here, too, and are nobody's: rd_kafka_queue_poll_callback(), which is for
    // callbacks only, would abort the process at one.
    const core::Handle<rd_kafka_message_t, rd_kafka_message_destroy> nobodys(
        rd_kafka_consume_queue(farewell.get(), slice_ms));
  }
  if (rd_kafka_consumer_closed(client_.get())) return;
  rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

std::string Consumer::complaint() const {
  const std::scoped_lock lock(mutex_);
  return complaint_;
}

void Consumer::hear(int level, std::string_view facility, std::string_view text) {
  constexpr int warning = 4;  // syslog's
  const bool no_coordinator =
      facility == "CGRPCOORD" && text.find(" error: ") != std::string_view::npos;
  if ((level > warning && !no_coordinator) || facility == "CONFWARN") return;
  if (const auto thread = text.find("]: ");
      text.starts_with("[thrd:") && thread != std::string_view::npos)
    text.remove_prefix(thread + 3);
  const std::scoped_lock lock(mutex_);
  complaint_ = text;
}

Result<std::optional<Message>> Consumer::poll(milliseconds timeout) {
  rd_kafka_message_t* const raw = rd_kafka_consumer_poll(client_.get(), as_int(timeout));
  if (thrown_) {
    if (raw) rd_kafka_message_destroy(raw);
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
  if (!raw && error_) return *std::exchange(error_, std::nullopt);
  if (!raw) return std::optional<Message>();
  Message message(raw);
  if (raw->err == RD_KAFKA_RESP_ERR_NO_ERROR) return std::optional<Message>(std::move(message));
  const bool out_of_range = raw->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                            raw->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
  if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (events_) events_->end(raw->partition, raw->offset);
    return std::optional<Message>();
  }
  if (events_ && out_of_range) {
    events_->out_of_range(raw->partition);
    return std::optional<Message>();
  }
  if (events_ && is_spoiled(raw->err)) {
    events_->spoiled(raw->partition, rd_kafka_message_errstr(raw));
    return std::optional<Message>();
  }
  return error_of(raw->err, fmt::format("kafka consume from '{}'", topic_));
}

int Consumer::assigned_partitions() const {
  const auto list = assignment(client_.get());
  return list ? list->cnt : 0;
}

Result<void> Consumer::done(const Message& message) {
  const auto code =
      rd_kafka_offset_store(message.message_->rkt, message.partition(), message.offset());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "kafka offset store");
  return {};
}

Result<void> Consumer::start(const Offsets& offsets) {
  const auto list = list_of(topic_, offsets);
  resume();  // or what is assigned again would stay paused
  const auto code = assign(list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "kafka assign");
  return {};
}

void Consumer::pause() {
  if (paused_) return;
  const auto list = assignment(client_.get());
  if (!list || list->cnt == 0) return;
  paused_ = rd_kafka_pause_partitions(client_.get(), list.get()) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Consumer::resume() {
  // Only what was paused: before 2.4 librdkafka rewinds a partition that was not (#4636).
  if (!paused_) return;
  const auto list = assignment(client_.get());
  if (list) rd_kafka_resume_partitions(client_.get(), list.get());
  paused_ = false;
}

void Consumer::commit(const Offsets& offsets) {
  if (offsets.empty()) return;
  if (auto* const hook = core::command_hook()) {
    const std::string_view words[] = {topic_};
    hook->before({core::Server::kafka, "commit", words});
  }
  constexpr int without_waiting = 1;
  rd_kafka_commit(client_.get(), list_of(topic_, offsets).get(), without_waiting);
}

Result<Offsets> Consumer::committed(const std::vector<std::int32_t>& partitions,
                                    milliseconds timeout) {
  Offsets wanted;
  for (const auto partition : partitions) wanted[partition] = RD_KAFKA_OFFSET_INVALID;
  const auto list = list_of(topic_, wanted);
  const auto code = rd_kafka_committed(client_.get(), list.get(), as_int(timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "kafka committed offsets");
  Offsets found;
  for (const auto& item : items(*list)) {
    if (item.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return error_of(item.err,
                      fmt::format("kafka committed offset of partition {}", item.partition));
    if (item.offset >= 0) found[item.partition] = item.offset;
  }
  return found;
}

// Without the questions, an assignment soon after another one aborts the process, in librdkafka up
// to 2.15 (#5573): it asks a partition to stop that is being stopped. The stop is under way in its
// main thread before the first question is answered there, and over before the second. A client
// that is being closed answers nothing after its last unassignment, and is assigned nothing more.
rd_kafka_resp_err_t Consumer::assign(const rd_kafka_topic_partition_list_t* list) {
  const auto code = rd_kafka_assign(client_.get(), list);
  for (int question = 0; list && !closing_ && question < 2; ++question) assignment(client_.get());
  return code;
}

void Consumer::rebalance(rd_kafka_resp_err_t what,
                         const rd_kafka_topic_partition_list_t& partitions) {
  if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    events_->revoked(rd_kafka_assignment_lost(client_.get()) == 1);
    // librdkafka leaves a paused partition paused when it comes back in a later assignment.
    resume();
    assign(nullptr);
    return;
  }
  // An empty list and not null, which would mean to join anew.
  static_cast<void>(start({}));
  {
    const std::scoped_lock lock(mutex_);
    complaint_.clear();
  }
  std::vector<std::int32_t> given;
  for (const auto& item : items(partitions)) given.push_back(item.partition);
  events_->assigned(given);
}

}  // namespace couponctl::kafka
