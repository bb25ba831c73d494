#include "strategies/redis_lease.h"

#include <embedded/lib/strategies/redis_lease.lua.h>
#include <fmt/format.h>

#include <chrono>
#include <random>
#include <thread>

#include "core/back_off.h"
#include "core/parse.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// 1,024 callers in a line, at a millisecond or two each, come well within this.
constexpr std::chrono::seconds acquired_within{30};
// Not all at once, or those who wait keep Redis from whom they wait for.
constexpr core::Delays tries{milliseconds(2), milliseconds(16)};

std::string new_token() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

RedisLease::RedisLease(const Scratch& scratch)
    : lock_(scratch.key(lock_key)),
      token_(new_token()),
      lease_ms_(std::to_string(scratch.lease.count())),
      client_(connect(scratch.servers.redis)) {}

Result<void> RedisLease::acquire() {
  core::BackOff back_off(tries);
  for (const auto deadline = Clock::now() + acquired_within; Clock::now() < deadline;) {
    const auto set =
        redis::text_or_nil(client_.command({"SET", lock_, token_, "NX", "PX", lease_ms_}));
    if (!set) return set.error();
    if (*set) return {};
    back_off.failed(Clock::now());
    std::this_thread::sleep_until(back_off.due());
  }
  return core::Error{core::Fault::refused,
                     {},
                     "the lock was not to be had within " + core::format_duration(acquired_within)};
}

Result<void> RedisLease::release() {
  const std::string_view keys[] = {lock_};
  const std::string_view arguments[] = {token_};
  const auto released = redis::integer(client_.eval(embedded::redis_lease_lua, keys, arguments));
  if (!released) return released.error();
  return {};
}

}  // namespace couponctl::strategies
