#include "strategies/leftovers.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace couponctl::strategies {
namespace {

using core::Error;
using core::Fault;
using core::Result;

constexpr std::string_view prefix = "couponctl_bench_";
constexpr std::size_t number_digits = 8;

std::string lock_of(std::string_view number) { return fmt::format("{}{}", prefix, number); }

// The number in couponctl_bench_<number>_<strategy>; "" if it is another name.
std::string_view number_of(std::string_view database) {
  if (!database.starts_with(prefix)) return "";
  const auto number = database.substr(prefix.size(), number_digits);
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const auto rest = database.substr(prefix.size() + number.size());
  const bool whole = number.size() == number_digits && rest.starts_with('_');
  return whole && std::ranges::all_of(number, is_hex) ? number : std::string_view();
}

Result<mysql::Connection> connect_to_server(mysql::Address server) {
  server.database.clear();
  return mysql::Connection::connect(server);
}

}  // namespace

Result<BenchNumber> BenchNumber::claim(const mysql::Address& server) {
  auto connection = connect_to_server(server);
  if (!connection) return connection.error();
  // The server must not take the lock's connection for idle while the race goes on.
  if (auto set = connection->execute("SET SESSION wait_timeout = 2147483"); !set)
    return set.error();
  std::random_device entropy;
  const auto number = fmt::format("{:08x}", entropy());
  const auto locked =
      connection->query_integer(fmt::format("SELECT GET_LOCK('{}', 0)", lock_of(number)));
  if (!locked) return locked.error();
  if (*locked != 1)
    return Error{Fault::refused, {}, "mysql: another bench has the same number; start it again"};
  return BenchNumber(number, *std::move(connection));
}

std::string BenchNumber::scratch_name(std::string_view strategy) const {
  auto name = fmt::format("{}{}_{}", prefix, number_, strategy);
  std::ranges::replace(name, '-', '_');
  return name;
}

Result<std::vector<std::string>> find_leftovers(const mysql::Address& server) {
  auto connection = connect_to_server(server);
  if (!connection) return connection.error();
  const auto databases = connection->query("SHOW DATABASES LIKE 'couponctl\\_bench\\_%'");
  if (!databases) return databases.error();
  std::vector<std::string> unused;
  for (const auto& row : *databases) {
    const auto& name = row.at(0).value_or("");
    const auto number = number_of(name);
    if (number.empty()) continue;
    const auto is_free =
        connection->query_integer(fmt::format("SELECT IS_FREE_LOCK('{}')", lock_of(number)));
    if (!is_free) return is_free.error();
    if (*is_free == 1) unused.push_back(name);
  }
  return unused;
}

}  // namespace couponctl::strategies
