#include "live/servers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>

namespace couponctl::live {
namespace {

std::optional<stack::Stack> running;

class TakeDown final : public testing::Environment {
  void TearDown() override { running.reset(); }
};

const auto* const registered = testing::AddGlobalTestEnvironment(new TakeDown);

}  // namespace

stack::Stack& shared_stack() {
  if (!running) running.emplace(start_stack());
  return *running;
}

stack::Stack start_stack() {
  auto pattern = (std::filesystem::temp_directory_path() / "couponctl-live-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp: " + pattern);
  std::filesystem::remove(pattern);  // the stack wants to make it
  return stack::Stack::start(
      {.directory = pattern, .supervisor = COUPONCTL_BINARY, .real_kafka_required = true},
      [](std::string_view line) { std::cerr << line << '\n'; });
}

servers::Servers servers() { return servers_of(shared_stack()); }

servers::Servers servers_of(const stack::Stack& stack) {
  const auto& addresses = stack.addresses();
  servers::Servers servers;
  servers.redis.port = addresses.redis.port;
  servers.kafka = addresses.kafka.text();
  servers.mysql.port = addresses.mysql.port;
  servers.mysql.user = addresses.mysql_user;
  servers.mysql.password = addresses.mysql_password;
  return servers;
}

std::int64_t redis_keys(const std::string& pattern) {
  auto client = *redis::Client::connect(servers().redis);
  constexpr auto count = "return #redis.call('KEYS', ARGV[1])";
  return *redis::integer(client.command({"EVAL", count, "0", pattern}));
}

std::vector<std::string> with_addresses(std::vector<std::string> words, const stack::Stack& stack) {
  const auto& addresses = stack.addresses();
  const auto add = [&](const std::string& flag, const std::string& address) {
    if (std::ranges::find(words, flag) != words.end()) return;
    words.push_back(flag);
    words.push_back(address);
  };
  add("--redis", addresses.redis.text());
  add("--kafka", addresses.kafka.text());
  add("--mysql", addresses.mysql_user + "@" + addresses.mysql.text());
  return words;
}

}  // namespace couponctl::live
