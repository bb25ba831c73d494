#include "strategies/redis_keys.h"

#include "core/failure.h"

namespace couponctl::strategies {

using core::Exit;
using core::Result;

std::vector<std::string> redis_keys(const Scratch& scratch) {
  return {scratch.key(scratch.count_key), scratch.key(users_key), scratch.key(queue_key),
          scratch.key(lock_key)};
}

redis::Client connect(const redis::Address& address) {
  return core::or_throw(redis::Client::connect(address), Exit::unreachable);
}

RedisCounter::RedisCounter(const Scratch& scratch)
    : count_(scratch.key(scratch.count_key)),
      users_(scratch.key(users_key)),
      client_(connect(scratch.servers.redis)) {}

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
