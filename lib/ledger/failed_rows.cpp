#include "ledger/failed_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mysqld_error.h>
#include <openssl/evp.h>

#include <array>
#include <cassert>
#include <map>
#include <utility>

#include "ledger/sql.h"
#include "mysql/errors.h"

namespace couponctl::ledger {
namespace {

using core::Result;

constexpr std::size_t payload_bytes_max = 1024;
constexpr std::size_t name_bytes_max = 64;  // as wide as the column
// Of one statement: a server's max_allowed_packet is 16 MB as a rule; a row needs less than 3 KB.
constexpr std::size_t rows_max = 1000;

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

// What failed_event says of a message that it holds.
struct Kept {
  std::optional<std::string> campaign;
  std::optional<std::int64_t> seq;
  std::int64_t length = 0;
  std::optional<std::string> sha256;
};

using Position = std::pair<std::int32_t, std::int64_t>;  // partition and offset

Position position(const Message& message) { return {message.partition, message.offset}; }

Result<std::map<Position, Kept>> find_kept(mysql::Connection& connection, const Topic& topic,
                                           std::span<const Message> messages,
                                           const std::vector<std::size_t>& places) {
  std::vector<std::string> positions;
  for (const auto place : places)
    positions.push_back(fmt::format("({},{})", messages[place].partition, messages[place].offset));
  const auto rows = connection.query(
      fmt::format("SELECT part, off, campaign, seq, length, sha256 FROM failed_event WHERE "
                  "cluster = {} AND topic = {} AND (part, off) IN ({})",
                  sql::text(topic.cluster), sql::text(topic.name), fmt::join(positions, ",")));
  if (!rows) return rows.error();
  std::map<Position, Kept> kept;
  for (const auto& row : *rows)
    kept[{static_cast<std::int32_t>(sql::integer(row[0])), sql::integer(row[1])}] = {
        row[2], sql::optional_integer(row[3]), sql::integer(row[4]), row[5]};
  return kept;
}

bool is_same(const Message& message, const Kept& kept) {
  const auto length = message.payload ? static_cast<std::int64_t>(message.payload->size()) : -1;
  const auto digest = message.payload ? std::optional(sha256(*message.payload)) : std::nullopt;
  if (length != kept.length || digest != kept.sha256) return false;
  const bool both_claim = message.failed != FailureClass::poison && kept.campaign && kept.seq;
  return !both_claim ||
         (message.campaign.substr(0, name_bytes_max) == *kept.campaign && message.seq == *kept.seq);
}

core::Error another_message(const Topic& topic, const Message& message) {
  return {core::Fault::invalid,
          {},
          fmt::format("kafka cluster {}, topic '{}', partition {}: offset {} holds another message "
                      "than the one that failed_event has of it: the topic was made anew",
                      topic.cluster, topic.name, message.partition, message.offset)};
}

Result<void> insert(mysql::Connection& connection, const Topic& topic,
                    std::span<const Message> messages, std::span<const Outcome> outcomes,
                    const std::vector<std::size_t>& places) {
  if (places.empty()) return {};
  std::vector<std::string> rows;
  for (const auto place : places) rows.push_back(row(topic, messages[place], outcomes[place]));
  return sql::execute(
      connection,
      fmt::format("INSERT INTO failed_event (cluster,topic,part,off,class,campaign_id,campaign,"
                  "epoch,user_id,seq,errno,payload,length,sha256,status) VALUES {}",
                  fmt::join(rows, ",")));
}

// Somebody set the progress back if the same message is there already, and its row stays as it is.
// Another message at its offset must stop us: whatever we wrote could be of a topic that is gone.
Result<void> insert_missing(mysql::Connection& connection, const Topic& topic,
                            std::span<const Message> messages, std::span<const Outcome> outcomes,
                            std::vector<std::size_t> places) {
  const auto kept = find_kept(connection, topic, messages, places);
  if (!kept) return kept.error();
  for (const auto place : places) {
    const auto found = kept->find(position(messages[place]));
    if (found != kept->end() && !is_same(messages[place], found->second))
      return another_message(topic, messages[place]);
  }
  std::erase_if(places, [&](auto place) { return kept->contains(position(messages[place])); });
  return insert(connection, topic, messages, outcomes, places);
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
  std::vector<std::size_t> places;
  const auto flush = [&]() -> Result<void> {
    auto inserted = insert(connection, topic, messages, outcomes, places);
    if (!inserted && mysql::is(inserted.error(), ER_DUP_ENTRY))
      inserted = insert_missing(connection, topic, messages, outcomes, places);
    places.clear();
    return inserted;
  };
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (outcomes[i].kind != Outcome::Kind::failed) continue;
    places.push_back(i);
    if (places.size() < rows_max) continue;
    auto inserted = flush();
    if (!inserted) return inserted;
  }
  return flush();
}

}  // namespace couponctl::ledger
