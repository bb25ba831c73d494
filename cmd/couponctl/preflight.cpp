#include "couponctl/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "admin/campaigns.h"
#include "ledger/schema_check.h"

namespace couponctl::cmd {
namespace {

using cli::Context;
using core::Failure;

void refuse_or_warn(const Failure& failure, bool allow_unsafe, const Context& context) {
  if (!allow_unsafe) throw failure;
  fmt::print(context.err, "{}: warning: {}\n", context.command.path(), failure.what());
}

}  // namespace

void require_fit(redis::Client& redis, bool allow_unsafe, const Context& context) {
  const auto hazards = admin::hazards(redis);
  if (hazards.empty()) return;
  const bool passes = std::ranges::all_of(hazards, &admin::Hazard::passes);
  std::vector<std::string> texts;
  std::ranges::transform(hazards, std::back_inserter(texts), &admin::Hazard::text);
  refuse_or_warn(
      Failure(passes ? core::Exit::unreachable : core::Exit::usage,
              fmt::format("Redis at {} is not safe for coupons: {}",
                          context.globals.redis_address().text(), fmt::join(texts, "; ")),
              "Mend it, or add --allow-unsafe to go on all the same"),
      allow_unsafe, context);
}

void require_fit(mysql::Connection& database, bool allow_unsafe, const Context& context) {
  try {
    ledger::require_durable_server(database);
  } catch (const Failure& failure) {
    refuse_or_warn(Failure(failure.exit(), failure.what(),
                           failure.mend() + ", or add --allow-unsafe to go on all the same"),
                   allow_unsafe, context);
  }
}

}  // namespace couponctl::cmd
