// A database of its own on the private server, dropped at the end.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "core/failure.h"
#include "live/servers.h"
#include "mysql/connection.h"

namespace couponctl::live {

class Database {
 public:
  Database() : address_(servers().mysql) {
    static int number = 0;
    const auto name = fmt::format("couponctl_test_{}_{}", getpid(), ++number);
    by_hand("CREATE DATABASE " + name);
    address_.database = name;
  }
  ~Database() {
    // On a server that is gone there is nothing left to drop.
    if (auto connection = mysql::Connection::connect(address_))
      static_cast<void>(connection->execute("DROP DATABASE " + address_.database));
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const mysql::Address& address() const { return address_; }

  // A plain session, as somebody has who types rows in by hand.
  mysql::Connection connect() const {
    return core::or_throw(mysql::Connection::connect(address_), core::Exit::unreachable);
  }
  // The server's number of a statement's error, 0 if there is none.
  int by_hand(const std::string& statement) const {
    const auto done = connect().execute(statement);
    return done ? 0 : done.error().code.value;
  }
  std::int64_t integer(const std::string& statement) const {
    return *connect().query_integer(statement);
  }
  std::vector<mysql::Row> rows(const std::string& statement) const {
    return *connect().query(statement);
  }

 private:
  mysql::Address address_;
};

}  // namespace couponctl::live
