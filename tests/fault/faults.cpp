#include "fault/faults.h"

#include <fmt/format.h>
#include <signal.h>

#include <utility>

#include "core/failure.h"

namespace couponctl::fault {
namespace {

using namespace std::chrono_literals;
using faults::Kind;

constexpr auto command_max = 30s;

}  // namespace

Faults::Faults(const Workspace& workspace, const Plan& plan, Applicants& applicants,
               Consumers& consumers, Commands& commands, Tally& tally)
    : workspace_(workspace),
      plan_(plan),
      injector_(workspace.arena.injector()),
      applicants_(applicants),
      consumers_(consumers),
      commands_(commands),
      tally_(tally),
      schedule_(plan.faults) {}

void Faults::advance(Milliseconds since_begin) {
  while (const auto fault = schedule_.next_over(since_begin)) take_back(*fault);
  const auto fault = schedule_.next(since_begin);
  if (!fault || !begin(*fault)) return;
  tally_.happened(std::string(name(fault->kind)));
  schedule_.begun(*fault, since_begin);
}

void Faults::heal() {
  for (const auto& fault : schedule_.rest()) take_back(fault);
  injector_.heal();
  for (const auto kind : injector_.take_cuts()) tally_.happened(std::string(name(kind)));
  applicants_.resume_all();
  consumers_.resume_all();
}

// False: there was nothing to harm.
bool Faults::begin(const Fault& fault) {
  if (faults::Injector::knows(fault.kind)) return injector_.begin(fault);
  switch (fault.kind) {
    case Kind::consumer_kill:
      return consumers_.signal(fault.which, SIGKILL);
    case Kind::consumer_pause:
      return consumers_.signal(fault.which, SIGSTOP);
    case Kind::consumer_terminate:
      return consumers_.signal(fault.which, SIGTERM);
    case Kind::client_kill:
      return applicants_.signal(fault.which, SIGKILL);
    case Kind::client_pause:
      return applicants_.signal(fault.which, SIGSTOP);
    case Kind::client_terminate:
      return applicants_.signal(fault.which, SIGTERM);
    case Kind::redis_key_deleted:
      return delete_key(fault.which);
    case Kind::campaign_locked:
      return lock_campaign();
    case Kind::rebalance:
      return consumers_.add(), true;
    default:
      return raise_quota();
  }
}

void Faults::take_back(const Fault& fault) {
  if (faults::Injector::knows(fault.kind)) return injector_.take_back(fault);
  switch (fault.kind) {
    case Kind::consumer_pause:
      consumers_.signal(fault.which, SIGCONT);
      return;
    case Kind::client_pause:
      applicants_.signal(fault.which, SIGCONT);
      return;
    case Kind::campaign_locked:
      return locker_.reset();
    case Kind::rebalance:
      return consumers_.remove();
    default:
      return;
  }
}

// Somebody holds the campaign's row and says nothing any more.
bool Faults::lock_campaign() {
  auto connection = mysql::Connection::connect(workspace_.where.mysql);
  if (!connection || !connection->execute("START TRANSACTION")) return false;
  if (!connection->query("SELECT id FROM campaign FOR UPDATE")) return false;
  locker_ = *std::move(connection);
  return true;
}

bool Faults::delete_key(int which) {
  constexpr const char* keys[] = {"meta", "users", "outbox"};
  const auto* const key = keys[which % 3];
  auto client = redis::Client::connect(workspace_.where.redis);
  if (!client) return false;
  const auto name = fmt::format("coupon:{{{}}}:{}", workspace_.where.campaign, key);
  const auto deleted = redis::integer(client->command({"DEL", name}));
  if (!deleted || *deleted == 0) return false;
  key_is_lost_ = true;
  outbox_is_lost_ = outbox_is_lost_ || std::string_view(key) == "outbox";
  return true;
}

// What fails, or would have to wait for a fault to be taken back, is done after the healing.
bool Faults::raise_quota() {
  quota_is_raised_ = true;
  if (schedule_.any_begun()) return false;
  return commands_
             .run_again({"campaign", "set-quota", std::to_string(plan_.raised_quota())},
                        plan_.raise, command_max)
             .code == 0;
}

}  // namespace couponctl::fault
