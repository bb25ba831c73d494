#include "ledger/failed_rows.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cassert>

#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

using core::Result;

constexpr std::size_t payload_bytes_max = 1024;
constexpr std::size_t name_bytes_max = 64;  // as wide as the column
// A server's max_allowed_packet is 16 MB as a rule; a row needs less than 3 KB.
constexpr std::size_t statement_bytes_max = 1'000'000;

constexpr std::array all{FailureClass::poison, FailureClass::stale_epoch,
                         FailureClass::unknown_campaign, FailureClass::over_quota,
                         FailureClass::rejected_row};

std::string sha256(std::string_view payload) {
  std::array<unsigned char, 32> digest{};
  unsigned length = 0;
  const int done =
      EVP_Digest(payload.data(), payload.size(), digest.data(), &length, EVP_sha256(), nullptr);
  assert(done == 1 && length == digest.size());
  return {digest.begin(), digest.end()};
}

bool can_never_succeed(FailureClass failure) {
  return failure == FailureClass::poison || failure == FailureClass::stale_epoch;
}

std::string payload_columns(const std::optional<std::string_view>& payload) {
  if (!payload) return "NULL,-1,NULL";
  return fmt::format("{},{},{}", sql::bytes(payload->substr(0, payload_bytes_max)), payload->size(),
                     sql::bytes(sha256(*payload)));
}

// What a poison message says of itself means nothing, so it is not kept as if it did.
std::string claim_columns(const Message& message, const Outcome& outcome) {
  if (outcome.failure == FailureClass::poison) return "NULL,NULL,NULL,NULL,NULL";
  return fmt::format("{},{},{},{},{}", sql::number(outcome.campaign_id),
                     sql::bytes(message.campaign.substr(0, name_bytes_max)),
                     sql::number(outcome.epoch), core::number(message.user), message.seq);
}

std::string row(const Topic& topic, const Message& message, const Outcome& outcome) {
  return fmt::format(
      "({},{},{},{},'{}',{},{},{},'{}')", sql::text(topic.cluster), sql::text(topic.name),
      message.partition, message.offset, name(outcome.failure), claim_columns(message, outcome),
      outcome.errno_of_row ? std::to_string(outcome.errno_of_row) : "NULL",
      payload_columns(message.payload), can_never_succeed(outcome.failure) ? "rejected" : "new");
}

}  // namespace

std::string_view name(FailureClass failure) {
  switch (failure) {
    case FailureClass::poison:
      return "POISON";
    case FailureClass::stale_epoch:
      return "STALE_EPOCH";
    case FailureClass::unknown_campaign:
      return "UNKNOWN_CAMPAIGN";
    case FailureClass::over_quota:
      return "OVER_QUOTA";
    case FailureClass::rejected_row:
      return "REJECTED_ROW";
  }
  return "";
}

std::optional<FailureClass> failure_class(std::string_view text_of_class) {
  for (const auto failure : all)
    if (name(failure) == text_of_class) return failure;
  return std::nullopt;
}

Result<void> insert_failed(mysql::Connection& connection, const Topic& topic,
                           std::span<const Message> messages, std::span<const Outcome> outcomes) {
  assert(messages.size() == outcomes.size());
  constexpr std::string_view insert =
      "INSERT INTO failed_event (cluster,topic,part,off,class,campaign_id,campaign,epoch,user_id,"
      "seq,errno,payload,length,sha256,status) VALUES ";
  std::string rows;
  const auto flush = [&]() -> Result<void> {
    if (rows.empty()) return {};
    auto inserted = sql::execute(connection, std::string(insert) + rows);
    rows.clear();
    return inserted;
  };
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (outcomes[i].kind != Outcome::Kind::failed) continue;
    if (!rows.empty()) rows += ',';
    rows += row(topic, messages[i], outcomes[i]);
    if (rows.size() < statement_bytes_max) continue;
    auto inserted = flush();
    if (!inserted) return inserted;
  }
  return flush();
}

}  // namespace couponctl::ledger
