#include "fault/faults.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "core/failure.h"

namespace couponctl::fault {
namespace {

using namespace std::chrono_literals;
using stack::Server;
using test::Proxy;

constexpr auto command_max = 30s;
constexpr auto delay_each_way = 40ms;

}  // namespace

Faults::Faults(const Ground& ground, const Plan& plan, Applicants& applicants, Consumers& consumers,
               Commands& commands, Tally& tally)
    : ground_(ground),
      plan_(plan),
      applicants_(applicants),
      consumers_(consumers),
      commands_(commands),
      tally_(tally),
      commits_cut_before_(ground.arena.database().commits_cut()) {}

void Faults::advance(Milliseconds since_begin) {
  const auto due = [&](const Fault& fault) { return fault.at <= since_begin; };
  for (auto one = std::ranges::find_if(to_take_back_, due); one != to_take_back_.end();
       one = std::ranges::find_if(to_take_back_, due)) {
    const auto fault = *one;
    to_take_back_.erase(one);
    take_back(fault);
  }
  if (next_ == plan_.faults.size() || !due(plan_.faults[next_])) return;
  auto fault = plan_.faults[next_++];
  if (!begin(fault)) return;
  tally_.happened(std::string(name(fault.kind)));
  fault.at = since_begin + fault.lasting;
  if (fault.lasting > 0ms) to_take_back_.push_back(fault);
}

void Faults::mend() {
  for (const auto& fault : std::exchange(to_take_back_, {})) take_back(fault);
  count_cuts();
  ground_.arena.mend();
  applicants_.resume_all();
  consumers_.resume_all();
}

// False: there was nothing to harm.
bool Faults::begin(const Fault& fault) {
  auto& servers = ground_.arena.servers();
  switch (fault.kind) {
    case FaultKind::kafka_kill:
      if (servers.pid(Server::kafka) == 0) return false;
      ground_.arena.kill(Server::kafka);
      return true;
    case FaultKind::kafka_pause:
      return servers.pid(Server::kafka) != 0 && servers.pause(Server::kafka);
    case FaultKind::rebalance:
      consumers_.add();
      return true;
    case FaultKind::quota_raise:
      return raise_quota();
    case FaultKind::consumer_kill:
    case FaultKind::consumer_pause:
    case FaultKind::consumer_terminate:
    case FaultKind::client_kill:
    case FaultKind::client_pause:
    case FaultKind::client_terminate:
      return begin_of_process(fault);
    case FaultKind::redis_kill:
    case FaultKind::redis_terminate:
    case FaultKind::redis_tail_cut:
    case FaultKind::redis_flush:
    case FaultKind::redis_key_deleted:
    case FaultKind::redis_silence:
    case FaultKind::redis_reset:
    case FaultKind::redis_delay:
      return begin_of_redis(fault);
    default:
      return begin_of_database(fault);
  }
}

bool Faults::begin_of_process(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::consumer_kill:
      return consumers_.signal(fault.which, SIGKILL);
    case FaultKind::consumer_pause:
      return consumers_.signal(fault.which, SIGSTOP);
    case FaultKind::consumer_terminate:
      return consumers_.signal(fault.which, SIGTERM);
    case FaultKind::client_kill:
      return applicants_.signal(fault.which, SIGKILL);
    case FaultKind::client_pause:
      return applicants_.signal(fault.which, SIGSTOP);
    default:
      return applicants_.signal(fault.which, SIGTERM);
  }
}

bool Faults::begin_of_redis(const Fault& fault) {
  auto& arena = ground_.arena;
  const bool runs = arena.servers().pid(Server::redis) != 0;
  switch (fault.kind) {
    case FaultKind::redis_kill:
      if (runs) arena.kill(Server::redis);
      return runs;
    case FaultKind::redis_terminate:
      if (runs) arena.terminate(Server::redis);
      return runs;
    case FaultKind::redis_tail_cut:
      if (!runs) return false;
      arena.kill(Server::redis);
      redis_forgot_ = arena.cut_redis_log(fault.which) || redis_forgot_;
      return true;
    case FaultKind::redis_flush:
      return runs && flush();
    case FaultKind::redis_key_deleted:
      return runs && delete_key(fault.which);
    case FaultKind::redis_silence:
      return arena.redis().blackhole(), true;
    case FaultKind::redis_reset:
      return arena.redis().reset(), true;
    default:
      return arena.redis().delay(delay_each_way), true;
  }
}

bool Faults::begin_of_database(const Fault& fault) {
  auto& arena = ground_.arena;
  const bool runs = arena.servers().pid(Server::mysql) != 0;
  switch (fault.kind) {
    case FaultKind::database_kill:
      if (runs) arena.kill(Server::mysql);
      return runs;
    case FaultKind::database_read_only:
      if (runs) arena.set_read_only(true);
      return runs;
    case FaultKind::database_silence:
      return arena.database().blackhole(), true;
    case FaultKind::database_reset:
      return arena.database().reset(), true;
    case FaultKind::database_delay:
      return arena.database().delay(delay_each_way), true;
    case FaultKind::campaign_locked:
      return runs && lock_campaign();
    default:
      count_cuts();
      arena.database().cut_commit(fault.kind == FaultKind::commit_cut_before ? Proxy::Cut::before
                                                                             : Proxy::Cut::after);
      cuts_.push_back(fault.kind);
      return false;  // it is counted when somebody commits
  }
}

void Faults::take_back(const Fault& fault) {
  auto& arena = ground_.arena;
  switch (fault.kind) {
    case FaultKind::consumer_pause:
      consumers_.signal(fault.which, SIGCONT);
      return;
    case FaultKind::client_pause:
      applicants_.signal(fault.which, SIGCONT);
      return;
    case FaultKind::redis_kill:
    case FaultKind::redis_terminate:
    case FaultKind::redis_tail_cut:
      if (arena.servers().pid(Server::redis) == 0) arena.start(Server::redis);
      return;
    case FaultKind::redis_silence:
    case FaultKind::redis_reset:
    case FaultKind::redis_delay:
      return arena.redis().pass();
    case FaultKind::kafka_kill:
      if (arena.servers().pid(Server::kafka) == 0) arena.start(Server::kafka);
      return;
    case FaultKind::kafka_pause:
      if (arena.servers().pid(Server::kafka) != 0)
        static_cast<void>(arena.servers().resume(Server::kafka));
      return;
    case FaultKind::database_kill:
      if (arena.servers().pid(Server::mysql) == 0) arena.start(Server::mysql);
      return;
    case FaultKind::database_read_only:
      if (arena.servers().pid(Server::mysql) != 0) arena.set_read_only(false);
      return;
    case FaultKind::database_silence:
    case FaultKind::database_reset:
    case FaultKind::database_delay:
      return arena.database().pass();
    case FaultKind::campaign_locked:
      return locker_.reset();
    case FaultKind::rebalance:
      return consumers_.remove();
    default:
      return;
  }
}

// Somebody holds the campaign's row and says nothing any more.
bool Faults::lock_campaign() {
  auto connection = mysql::Connection::connect(ground_.where.mysql);
  if (!connection || !connection->execute("START TRANSACTION")) return false;
  if (!connection->query("SELECT id FROM campaign FOR UPDATE")) return false;
  locker_ = *std::move(connection);
  return true;
}

bool Faults::flush() {
  auto client = redis::Client::connect(ground_.where.redis);
  if (!client || !client->command({"FLUSHALL"})) return false;
  redis_forgot_ = true;
  return true;
}

bool Faults::delete_key(int which) {
  constexpr const char* keys[] = {"meta", "users", "outbox"};
  const auto* const key = keys[which % 3];
  auto client = redis::Client::connect(ground_.where.redis);
  if (!client) return false;
  const auto name = fmt::format("coupon:{{{}}}:{}", ground_.where.campaign, key);
  const auto deleted = redis::integer(client->command({"DEL", name}));
  if (!deleted || *deleted == 0) return false;
  redis_forgot_ = true;
  outbox_is_lost_ = outbox_is_lost_ || std::string_view(key) == "outbox";
  return true;
}

// What fails, or would have to wait for a fault to be taken back, is done after the mend.
bool Faults::raise_quota() {
  quota_is_raised_ = true;
  if (!to_take_back_.empty()) return false;
  return commands_
             .run_again({"campaign", "set-quota", std::to_string(plan_.raised_quota())},
                        plan_.raise, command_max)
             .code == 0;
}

void Faults::count_cuts() {
  const int cut = ground_.arena.database().commits_cut() - commits_cut_before_;
  commits_cut_before_ += cut;
  for (int i = 0; i < cut && !cuts_.empty(); ++i) {
    tally_.happened(std::string(name(cuts_.front())));
    cuts_.erase(cuts_.begin());
  }
  cuts_.clear();
}

}  // namespace couponctl::fault
