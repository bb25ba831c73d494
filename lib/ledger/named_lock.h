// Keeps two commands on one database from doing the same thing at the same time.
#pragma once

#include <chrono>
#include <string>

#include "core/failure.h"
#include "mysql/connection.h"

namespace couponctl::ledger {

// An advisory lock of the connection's database: another database on the same server has others of
// the same names. It is released with the connection that took it.
class NamedLock {
 public:
  // Throws `taken` if somebody else still holds it after that time.
  NamedLock(mysql::Connection& connection, const std::string& name, std::chrono::seconds wait,
            const core::Failure& taken);
  ~NamedLock();
  NamedLock(const NamedLock&) = delete;
  NamedLock& operator=(const NamedLock&) = delete;

 private:
  mysql::Connection& connection_;
  std::string name_;  // as an expression of SQL
};

}  // namespace couponctl::ledger
