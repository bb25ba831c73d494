#include "faults/injector.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "core/failure.h"

namespace couponctl::faults {
namespace {

using namespace std::chrono_literals;
using core::Exit;
using core::or_throw;
using stack::Server;

constexpr auto delay_each_way = 40ms;

redis::Address address_of_redis(const stack::Stack& servers) {
  redis::Address address;
  address.port = servers.addresses().redis.port;
  return address;
}

}  // namespace

Injector::Injector(stack::Stack& servers, std::filesystem::path directory)
    : servers_(servers),
      directory_(std::move(directory)),
      redis_(servers.addresses().redis),
      database_(servers.addresses().mysql) {}

redis::Client Injector::connect_redis() const {
  return or_throw(redis::Client::connect(address_of_redis(servers_)), Exit::unreachable);
}

mysql::Connection Injector::connect_database() const {
  mysql::Address address;
  address.port = servers_.addresses().mysql.port;
  address.user = servers_.addresses().mysql_user;
  return or_throw(mysql::Connection::connect(address), Exit::unreachable);
}

void Injector::keep_what_redis_knows() {
  or_throw(connect_redis().command({"CONFIG", "SET", "appendfsync", "always"}), Exit::runtime);
  redis_log_kept_ = std::filesystem::file_size(redis_log());
  redis_forgot_ = false;
}

bool Injector::knows(Kind kind) {
  switch (kind) {
    case Kind::consumer_kill:
    case Kind::consumer_pause:
    case Kind::consumer_terminate:
    case Kind::client_kill:
    case Kind::client_pause:
    case Kind::client_terminate:
    case Kind::redis_key_deleted:
    case Kind::campaign_locked:
    case Kind::rebalance:
    case Kind::quota_raise:
      return false;
    default:
      return true;
  }
}

bool Injector::begin(const Fault& fault) {
  assert(knows(fault.kind));
  switch (fault.kind) {
    case Kind::kafka_kill:
      return kill(Server::kafka);
    case Kind::kafka_pause:
      return runs(Server::kafka) && servers_.pause(Server::kafka);
    case Kind::redis_kill:
    case Kind::redis_terminate:
    case Kind::redis_tail_cut:
    case Kind::redis_flush:
    case Kind::redis_silence:
    case Kind::redis_reset:
    case Kind::redis_delay:
      return begin_of_redis(fault);
    default:
      return begin_of_database(fault);
  }
}

bool Injector::begin_of_redis(const Fault& fault) {
  switch (fault.kind) {
    case Kind::redis_kill:
      return kill(Server::redis);
    case Kind::redis_terminate:
      if (!runs(Server::redis)) return false;
      or_throw(servers_.stop(Server::redis), Exit::runtime);
      return true;
    case Kind::redis_tail_cut:
      if (!kill(Server::redis)) return false;
      redis_forgot_ = cut_redis_log(fault.which) || redis_forgot_;
      return true;
    case Kind::redis_flush:
      return runs(Server::redis) && flush();
    case Kind::redis_silence:
      return redis_.blackhole(), true;
    case Kind::redis_reset:
      return redis_.reset(), true;
    default:
      return redis_.delay(delay_each_way), true;
  }
}

bool Injector::begin_of_database(const Fault& fault) {
  switch (fault.kind) {
    case Kind::database_kill:
      return kill(Server::mysql);
    case Kind::database_read_only:
      if (!runs(Server::mysql)) return false;
      set_read_only(true);
      return true;
    case Kind::database_silence:
      return database_.blackhole(), true;
    case Kind::database_reset:
      return database_.reset(), true;
    case Kind::database_delay:
      return database_.delay(delay_each_way), true;
    default:
      cut_next_commit(fault.kind);
      return false;
  }
}

void Injector::take_back(const Fault& fault) {
  assert(knows(fault.kind));
  switch (fault.kind) {
    case Kind::redis_kill:
    case Kind::redis_terminate:
    case Kind::redis_tail_cut:
      return start(Server::redis);
    case Kind::kafka_kill:
      return start(Server::kafka);
    case Kind::database_kill:
      return start(Server::mysql);
    case Kind::redis_silence:
    case Kind::redis_reset:
    case Kind::redis_delay:
      return redis_.pass();
    case Kind::database_silence:
    case Kind::database_reset:
    case Kind::database_delay:
      return database_.pass();
    case Kind::kafka_pause:
      if (runs(Server::kafka)) static_cast<void>(servers_.resume(Server::kafka));
      return;
    case Kind::database_read_only:
      if (runs(Server::mysql)) set_read_only(false);
      return;
    default:
      return;  // it was over at once
  }
}

std::vector<Kind> Injector::take_cuts() {
  note_cuts();
  return std::exchange(cuts_, {});
}

void Injector::heal() {
  redis_.pass();
  database_.pass();
  note_cuts();
  database_.cut_commit(Proxy::Cut::before, 0);
  awaited_cut_.reset();
  for (const auto server : {Server::redis, Server::mysql, Server::kafka}) {
    start(server);
    or_throw(servers_.resume(server), Exit::unreachable);
  }
  set_read_only(false);
}

bool Injector::kill(Server server) {
  if (!runs(server)) return false;
  or_throw(servers_.kill(server), Exit::runtime);
  return true;
}

// Nothing if it runs. Redis forgets with its restart how careful it was told to be.
void Injector::start(Server server) {
  if (runs(server)) return;
  or_throw(servers_.start(server), Exit::unreachable);
  if (server == Server::redis)
    or_throw(connect_redis().command({"CONFIG", "SET", "appendfsync", "always"}), Exit::runtime);
}

bool Injector::flush() {
  auto client = redis::Client::connect(address_of_redis(servers_));
  if (!client || !client->command({"FLUSHALL"})) return false;
  redis_forgot_ = true;
  return true;
}

// While Redis is down: of what its log got, the last so many per cent are lost. False if it got
// nothing.
bool Injector::cut_redis_log(int percent) {
  const auto log = redis_log();
  const auto size = std::filesystem::file_size(log);
  if (size <= redis_log_kept_) return false;
  const auto cut = (size - redis_log_kept_) * static_cast<std::uintmax_t>(percent) / 100;
  std::filesystem::resize_file(log, size - cut);
  return cut > 0;
}

void Injector::set_read_only(bool read_only) const {
  or_throw(connect_database().execute(fmt::format("SET GLOBAL read_only = {}", read_only ? 1 : 0)),
           Exit::runtime);
}

void Injector::cut_next_commit(Kind kind) {
  note_cuts();
  database_.cut_commit(kind == Kind::commit_cut_before ? Proxy::Cut::before : Proxy::Cut::after);
  awaited_cut_ = kind;
}

void Injector::note_cuts() {
  for (; cuts_noted_ < database_.commits_cut(); ++cuts_noted_)
    if (awaited_cut_) cuts_.push_back(*std::exchange(awaited_cut_, std::nullopt));
}

// Since version 7 it is several files, of which the last one grows.
std::filesystem::path Injector::redis_log() const {
  std::filesystem::path newest;
  for (const auto& entry :
       std::filesystem::directory_iterator(directory_ / "redis" / "appendonlydir"))
    if (entry.path().native().ends_with(".incr.aof") && entry.path() > newest)
      newest = entry.path();
  return newest;
}

}  // namespace couponctl::faults
