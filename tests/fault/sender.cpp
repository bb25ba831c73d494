#include "fault/sender.h"

#include <cstdint>
#include <string>

#include "core/failure.h"
#include "core/java_long.h"

namespace couponctl::fault {
namespace {

constexpr int flush_ms = 20'000;
constexpr int poison_kinds = 10;
constexpr std::int64_t poison_user = 4'000'000;

std::string java_long(std::int64_t number) {
  const auto bytes = core::encode_long(number);
  return {bytes.data(), bytes.size()};
}

using HeadersHandle = core::Handle<rd_kafka_headers_t, rd_kafka_headers_destroy>;

HeadersHandle headers_of(const std::string& campaign, const std::string& epoch,
                         const std::string& seq) {
  HeadersHandle headers(rd_kafka_headers_new(4));
  const std::pair<const char*, std::string> all[] = {
      {"campaign", campaign}, {"epoch", epoch}, {"seq", seq}, {"admitted_at", "1"}};
  for (const auto& [name, value] : all)
    rd_kafka_header_add(headers.get(), name, -1, value.data(), static_cast<ssize_t>(value.size()));
  return headers;
}

}  // namespace

Sender::Sender(const Workspace& workspace)
    : topic_(workspace.where.topic), campaign_(workspace.where.campaign) {
  auto config = kafka::make_config(workspace.where.kafka, {{"enable.idempotence", "true"}});
  rd_kafka_conf_set_opaque(config.get(), this);
  rd_kafka_conf_set_dr_msg_cb(
      config.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
        if (message->err) return;
        const auto user = reinterpret_cast<std::intptr_t>(message->_private);
        static_cast<Sender*>(self)->sent_.push_back(
            {{message->partition, message->offset},
             user > 0 ? std::optional<std::int64_t>(user) : std::nullopt});
      });
  client_ = kafka::make_client(RD_KAFKA_PRODUCER, std::move(config));
}

void Sender::send(const Plan& plan) {
  for (int i = 0; i < plan.poison; ++i)
    send_poison(static_cast<int>((plan.seed + static_cast<std::uint64_t>(i)) % poison_kinds));
  // As a Spring producer does it: the value alone.
  for (int i = 0; i < plan.foreign; ++i)
    send(foreign_begin + i, nullptr, 0, java_long(foreign_begin + i), false, nullptr);
}

void Sender::send_poison(int kind) {
  const auto key = std::to_string(poison_user + kind);
  const auto value = java_long(poison_user + kind);
  const auto plain = [&](std::string_view bytes) { send({}, "k", 1, bytes, false, nullptr); };
  const auto with = [&](HeadersHandle headers) {
    send({}, key.data(), key.size(), value, false, headers.release());
  };
  switch (kind) {
    case 0:
      return send({}, "k", 1, "", true, nullptr);  // a tombstone
    case 1:
      return plain("");
    case 2:
      return plain("7 bytes");
    case 3:
      return plain(R"({"userId":1})");
    case 4:
      return plain(java_long(-1));
    case 5:
      return plain(std::string(100'000, 'x'));
    case 6:
      return with(headers_of(campaign_, "1", "first"));
    case 7:
      return with(headers_of("../x", "1", "1"));
    case 8:
      return with(headers_of("another", "1", "1"));  // a campaign that is not there
    default:
      return with(headers_of(campaign_, "99", "1"));  // a round that is not there
  }
}

void Sender::send(std::optional<std::int64_t> user, const void* key, std::size_t key_size,
                  std::string_view value, bool null, rd_kafka_headers_t* headers) {
  auto* const token = reinterpret_cast<void*>(static_cast<std::intptr_t>(user.value_or(0)));
  void* const bytes = null ? nullptr : const_cast<char*>(value.data());
  const auto code =
      headers
          ? rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE(bytes, value.size()),
                              RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(token), RD_KAFKA_V_END)
          : rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE(bytes, value.size()),
                              RD_KAFKA_V_OPAQUE(token), RD_KAFKA_V_END);
  if (code) throw core::Failure(core::Exit::runtime, kafka::error_of(code, "kafka").text);
}

std::vector<Sent> Sender::finish() {
  rd_kafka_flush(client_.get(), flush_ms);
  return sent_;
}

}  // namespace couponctl::fault
