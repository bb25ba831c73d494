#include "admin/preflight.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "admin/campaigns.h"
#include "core/failure.h"
#include "ledger/schema.h"

namespace couponctl::admin {
namespace {

using core::Failure;

void refuse_or_warn(const Failure& failure, bool allow_unsafe, const Warn& warn) {
  if (!allow_unsafe) throw failure;
  warn(failure.what());
}

}  // namespace

void require_fit(redis::Client& redis, const std::string& where, bool allow_unsafe,
                 const Warn& warn) {
  const auto found = hazards(redis);
  if (found.empty()) return;
  const bool passes = std::ranges::all_of(found, &Hazard::passes);
  std::vector<std::string> texts;
  std::ranges::transform(found, std::back_inserter(texts), &Hazard::text);
  refuse_or_warn(
      Failure(passes ? core::Exit::unreachable : core::Exit::usage,
              fmt::format("Redis at {} is not safe for coupons: {}", where, fmt::join(texts, "; ")),
              "Mend it, or add --allow-unsafe to go on all the same"),
      allow_unsafe, warn);
}

void require_fit(mysql::Connection& database, bool allow_unsafe, const Warn& warn) {
  try {
    ledger::require_promise(database, warn);
  } catch (const Failure& failure) {
    refuse_or_warn(Failure(failure.exit(), failure.what(),
                           failure.hint() + ", or add --allow-unsafe to go on all the same"),
                   allow_unsafe, warn);
  }
}

}  // namespace couponctl::admin
