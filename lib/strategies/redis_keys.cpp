#include "strategies/redis_keys.h"

#include "core/failure.h"

namespace couponctl::strategies {
namespace {

using core::Exit;
using core::or_throw;
using core::Result;

constexpr std::string_view count_key = "coupon_count";
constexpr std::string_view users_key = "applied_user";

}  // namespace

std::vector<std::string> redis_keys(const Scratch& scratch) {
  return {scratch.key(count_key), scratch.key(users_key)};
}

RedisCounter::RedisCounter(const Scratch& scratch)
    : count_(scratch.key(count_key)),
      users_(scratch.key(users_key)),
      client_(or_throw(redis::Client::connect(scratch.servers.redis), Exit::unreachable)) {}

Result<std::int64_t> RedisCounter::increment() {
  return redis::integer(client_.command({"INCR", count_}));
}

Result<bool> RedisCounter::add_user(core::UserId user) {
  const auto added =
      redis::integer(client_.command({"SADD", users_, std::to_string(core::number(user))}));
  if (!added) return added.error();
  return *added == 1;
}

}  // namespace couponctl::strategies
