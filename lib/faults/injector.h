// How is a fault of the servers carried out, and taken back?
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "faults/plan.h"
#include "faults/proxy.h"
#include "mysql/connection.h"
#include "redis/client.h"
#include "stack/stack.h"

namespace couponctl::faults {

// Over private servers: it kills, pauses and starts them, and stands with proxies before Redis and
// the database. What cannot be done or undone is thrown as core::Failure. For one thread at a time.
class Injector {
 public:
  // `directory` is where the servers live.
  Injector(stack::Stack& servers, std::filesystem::path directory);

  // Where clients have to connect, so that harm can be done between.
  core::HostPort redis() const { return redis_.address(); }
  core::HostPort database() const { return database_.address(); }
  // Past the proxies, as the servers' administrator.
  redis::Client connect_redis() const;
  mysql::Connection connect_database() const;

  // Redis writes everything down at once from now on, and what it has by now it will not lose.
  void keep_what_redis_knows();
  // Whether it has lost anything since, by a fault of ours.
  bool redis_forgot() const { return redis_forgot_; }

  // Those of Redis, Kafka and the database; the other kinds need somebody who knows the processes
  // or the campaign.
  static bool knows(Kind kind);
  // False: there was nothing to harm, or not yet: a cut waits for the next COMMIT.
  bool begin(const Fault& fault);
  void take_back(const Fault& fault);
  // The cuts that have happened since this was asked.
  std::vector<Kind> take_cuts();
  // Everything passes, runs and may be written.
  void heal();

 private:
  bool begin_of_redis(const Fault& fault);
  bool begin_of_database(const Fault& fault);
  bool runs(stack::Server server) const { return servers_.pid(server) != 0; }
  bool kill(stack::Server server);
  void start(stack::Server server);
  bool flush();
  bool cut_redis_log(int percent);
  void set_read_only(bool read_only) const;
  void cut_next_commit(Kind kind);
  void note_cuts();
  std::filesystem::path redis_log() const;

  stack::Stack& servers_;
  std::filesystem::path directory_;
  Proxy redis_;
  Proxy database_;
  std::uintmax_t redis_log_kept_ = 0;  // bytes of it that are not lost
  bool redis_forgot_ = false;
  std::optional<Kind> awaited_cut_;  // by the next COMMIT
  int cuts_noted_ = 0;
  std::vector<Kind> cuts_;
};

}  // namespace couponctl::faults
