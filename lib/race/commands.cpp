#include "race/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace couponctl::race {
namespace {

using core::Command;
using core::Server;

bool is_one_of(std::string_view name, const auto& names) {
  return std::ranges::find(names, name) != std::end(names);
}

bool locks(std::string_view statement) {
  return statement.find(" FOR UPDATE") != std::string_view::npos ||
         statement.find(" FOR SHARE") != std::string_view::npos;
}

}  // namespace

bool is_bookkeeping(const Command& command) {
  constexpr std::string_view of_redis[] = {"SCRIPT", "INFO", "AUTH",   "SELECT",
                                           "PING",   "TIME", "CONFIG", "CLIENT"};
  constexpr std::string_view of_mysql[] = {"SET", "START", "BEGIN", "USE"};
  return (command.server == Server::redis && is_one_of(command.name, of_redis)) ||
         (command.server == Server::mysql && is_one_of(command.name, of_mysql));
}

bool only_reads(const Command& command) {
  constexpr std::string_view of_redis[] = {"EXISTS", "GET",    "HGET",      "HMGET", "LLEN",
                                           "LRANGE", "SCARD",  "SISMEMBER", "XLEN",  "XRANGE",
                                           "ZCARD",  "ZRANGE", "ZRANK",     "ZSCORE"};
  if (command.server == Server::mysql)
    return command.name == "SELECT" && !locks(command.words.front());
  return command.server == Server::redis && is_one_of(command.name, of_redis);
}

bool writes(const Command& command) {
  return command.server != Server::none && !is_bookkeeping(command) && !only_reads(command);
}

std::string told(const Command& command) {
  if (command.server == Server::mysql) return std::string(command.words.front());
  if (command.server != Server::redis) return std::string(command.name);
  if (command.name == "EVALSHA" && command.words.size() > 3)
    return fmt::format("EVALSHA {}", fmt::join(command.words.subspan(3), " "));
  return fmt::format("{}", fmt::join(command.words, " "));
}

}  // namespace couponctl::race
