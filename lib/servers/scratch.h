// What do we make on people's servers for a while, and how is nothing of it left?
//
// A scratch area is a database. What else belongs to it, keys and topics, is noted in a table of
// it, so that whoever finds the database can remove all.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "mysql/connection.h"
#include "servers/servers.h"

namespace couponctl::servers {

// The number in the names of a process's scratch areas, in use for as long as this object lives: a
// lock of the database server, which ends with the connection, however the process ends.
class ScratchNumber {
 public:
  // The prefix says who makes them: "couponctl_bench_".
  static core::Result<ScratchNumber> claim(const mysql::Address& server, std::string prefix);

  // <prefix><number>_<suffix>, with '_' for '-'
  std::string name(std::string_view suffix) const;

 private:
  ScratchNumber(std::string stem, mysql::Connection lock)
      : stem_(std::move(stem)), lock_(std::move(lock)) {}

  std::string stem_;
  mysql::Connection lock_;
};

// Makes the database; it must not be there.
core::Result<void> make_scratch(const mysql::Address& address, const std::string& name);

enum class Belonging { redis_key, kafka_topic };
// Notes that these are part of the area; before they are made, so that nothing is left unnoted.
core::Result<void> note_belongings(const mysql::Address& address, const std::string& scratch,
                                   Belonging kind, const std::vector<std::string>& names);

core::Result<void> unlink_keys(const redis::Address& address, const std::vector<std::string>& keys);

// Removes the database with all that is noted in it: first topics and keys, so that what could not
// be removed stays noted. A database that is not there is a success.
core::Result<void> drop_scratch(const Servers& servers, const std::string& name,
                                std::chrono::steady_clock::time_point deadline);

// Removes the scratch areas with that prefix that no living process uses; a sentence for each, and
// one if they cannot be looked for.
std::vector<std::string> sweep_scratch(const Servers& servers, std::string_view prefix);

}  // namespace couponctl::servers
