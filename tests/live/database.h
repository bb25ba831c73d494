// A database of its own on the private server, dropped at the end.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <utility>

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

// A setting of the tests' whole server; at the end it is as it was before.
class GlobalSetting {
 public:
  GlobalSetting(std::string name, const std::string& value) : name_(std::move(name)) {
    auto connection = connect();
    before_ = connection.query("SELECT @@GLOBAL." + name_)->at(0).at(0).value();
    set(connection, value);
  }
  ~GlobalSetting() {
    auto connection = connect();
    set(connection, before_);
  }
  GlobalSetting(const GlobalSetting&) = delete;
  GlobalSetting& operator=(const GlobalSetting&) = delete;

 private:
  static mysql::Connection connect() {
    return core::or_throw(mysql::Connection::connect(servers().mysql), core::Exit::unreachable);
  }
  void set(mysql::Connection& connection, const std::string& value) {
    const bool number = value.find_first_not_of("0123456789") == std::string::npos;
    EXPECT_TRUE(connection.execute(fmt::format(
        "SET GLOBAL {} = {}", name_, number && !value.empty() ? value : "'" + value + "'")));
  }

  std::string name_;
  std::string before_;
};

}  // namespace couponctl::live
