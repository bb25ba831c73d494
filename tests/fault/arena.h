// Where do trials take place? On servers of one worker's own, reached through proxies that do harm.
#pragma once

#include <filesystem>
#include <string>

#include "fault/raw_stores.h"
#include "stack/stack.h"
#include "support/proxy.h"

namespace couponctl::fault {

// For one thread at a time.
class Arena {
 public:
  // `supervisor` is a couponctl; the servers live in `directory`.
  Arena(const std::filesystem::path& supervisor, const std::filesystem::path& directory);

  // A fresh database, topic and campaign, on servers that are well. What an earlier trial left in
  // Redis is gone.
  Whereabouts begin(int partitions);
  void end(const Whereabouts& trial);

  // Everything passes, runs and may be written.
  void mend();
  // Down with that server, and up with it.
  void kill(stack::Server server);
  void terminate(stack::Server server);
  void start(stack::Server server);
  // While Redis is down: of what its log got since begin(), the last so many per cent are lost.
  // False if it got nothing.
  bool cut_redis_log(int percent);
  void set_read_only(bool read_only);

  stack::Stack& servers() { return servers_; }
  test::Proxy& redis() { return redis_; }
  test::Proxy& database() { return database_; }
  std::string brokers() const { return servers_.addresses().kafka.text(); }

  // The product's user in the database, who may not write while it is read-only.
  static constexpr const char* user = "issuer";

 private:
  redis::Client connect_redis() const;
  mysql::Connection connect_database() const;
  std::filesystem::path redis_log() const;

  std::filesystem::path directory_;
  stack::Stack servers_;
  test::Proxy redis_;
  test::Proxy database_;
  std::uintmax_t redis_log_begin_ = 0;  // its size when the trial began
  int trials_ = 0;
};

}  // namespace couponctl::fault
