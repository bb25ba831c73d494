// Marks what a bench has made as in use, and removes what a bench that ended early has left.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "load/target.h"
#include "mysql/connection.h"
#include "servers/servers.h"

namespace couponctl::strategies {

// The number of this bench, in use for as long as this object lives: a lock of its database server,
// which ends with the connection, however the bench ends.
class BenchNumber {
 public:
  static core::Result<BenchNumber> claim(const mysql::Address& server);

  // couponctl_bench_<number>_<strategy>
  std::string scratch_name(std::string_view strategy) const;

 private:
  BenchNumber(std::string number, mysql::Connection lock)
      : number_(std::move(number)), lock_(std::move(lock)) {}

  std::string number_;
  mysql::Connection lock_;
};

// The names of scratch areas that no living bench uses.
core::Result<std::vector<std::string>> find_leftovers(const mysql::Address& server);

}  // namespace couponctl::strategies
