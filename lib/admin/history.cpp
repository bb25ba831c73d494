#include "admin/history.h"

#include <fmt/format.h>

#include "issuance/admission.h"
#include "mysql/errors.h"
#include "servers/exit.h"

namespace couponctl::admin {

using core::Exit;
using core::Failure;
using servers::or_end;

namespace {

// Nobody waits long for it: what else it is asked for can be done without.
constexpr mysql::Timeouts quick{.connect = std::chrono::seconds(1),
                                .read = std::chrono::seconds(1),
                                .write = std::chrono::seconds(1)};
constexpr int unknown_database = 1049;
constexpr int no_such_table = 1146;

Inquiry::Answer ask(const mysql::Address& address, const std::string& campaign) {
  auto connection = mysql::Connection::connect(address, quick);
  auto answer = connection ? ledger::find_campaign(*connection, campaign)
                           : Inquiry::Answer(connection.error());
  const bool is_empty = !answer && (mysql::is(answer.error(), unknown_database) ||
                                    mysql::is(answer.error(), no_such_table));
  return is_empty ? Inquiry::Answer(std::nullopt) : answer;
}

}  // namespace

Failure no_such_campaign(const std::string& name) {
  return {Exit::usage, fmt::format("there is no campaign {}", name),
          fmt::format("Run \"couponctl campaign open {} --quota N\"", name)};
}

bool is_behind(const std::optional<ledger::Campaign>& row, const std::optional<Meta>& meta) {
  return meta && (!row || meta->epoch > row->epoch);
}

std::string database_knows(const std::optional<ledger::Campaign>& row) {
  if (!row) return "the database does not know it";
  return fmt::format("the database knows it up to epoch {} only", row->epoch);
}

Failure database_is_behind(redis::Client& redis, const std::string& name, const Meta& meta,
                           const std::optional<ledger::Campaign>& row) {
  const issuance::CampaignKeys keys(name);
  return {Exit::usage,
          fmt::format("Redis holds campaign {} (epoch {}, quota {}, {} users admitted, outbox {}), "
                      "and {}",
                      name, meta.epoch, meta.quota,
                      or_end(redis::integer(redis.command({"HLEN", keys.users}))),
                      or_end(redis::integer(redis.command({"XLEN", keys.outbox}))),
                      database_knows(row)),
          ways_out(name)};
}

Failure nothing_readable(const std::string& name, const core::Error& error) {
  return {Exit::usage, fmt::format("{}, and {}", error.text, database_knows(std::nullopt)),
          fmt::format("Set --mysql / COUPONCTL_MYSQL to the database that it was opened on, or run "
                      "\"couponctl reset-redis --campaign {0} --force --confirm {0}\"",
                      name)};
}

Inquiry::Inquiry(const mysql::Address& address, const std::string& campaign)
    : answer_(std::async(std::launch::async, ask, address, campaign)) {}

const Inquiry::Answer* Inquiry::answer(std::chrono::milliseconds wait) const {
  return answer_.wait_for(wait) == std::future_status::ready ? &answer_.get() : nullptr;
}

std::string ways_out(const std::string& name) {
  return fmt::format(
      "Set --mysql / COUPONCTL_MYSQL to the database that it was opened on. If that one is lost, "
      "\"couponctl recover --campaign {0} --database-lost\" gives everybody who was admitted a "
      "coupon of this one, and \"couponctl reset-redis --campaign {0} --force --confirm {0}\" "
      "forgets them",
      name);
}

}  // namespace couponctl::admin
