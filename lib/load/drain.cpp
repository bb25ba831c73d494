#include "load/drain.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>

#include "core/parse.h"

namespace couponctl::load {
namespace {

using core::Result;
using std::chrono::milliseconds;

// Soon after the last answer, when most designs are done; then ever more seldom.
constexpr milliseconds asked_again_first{1};
constexpr milliseconds asked_again_max{50};

core::Error not_settled(std::string_view what, const Result<std::int64_t>& left,
                        std::string_view why) {
  const auto state = left ? fmt::format("{} {} left", *left, what) : left.error().text;
  return {core::Fault::timeout, {}, fmt::format("not settled: {}, {}", state, why)};
}

}  // namespace

Result<void> drain(const Wait& wait, std::string_view what,
                   const std::function<Result<std::int64_t>()>& left,
                   std::chrono::nanoseconds quiet) {
  std::int64_t before = -1;
  auto moved_at = Clock::now();
  for (auto pause = asked_again_first;; pause = std::min(2 * pause, asked_again_max)) {
    const auto now_left = left();
    if (now_left && *now_left == 0) return {};
    const auto now = Clock::now();
    if (now_left && *now_left != before) {
      before = *now_left;
      moved_at = now;
      wait.say(fmt::format("{} {} left", before, what));
    }
    if (wait.stop.stop_requested()) return not_settled(what, now_left, "and interrupted");
    if (now >= wait.deadline) return not_settled(what, now_left, "and out of time");
    if (now - moved_at >= quiet)
      return not_settled(what, now_left,
                         "and nothing has moved for " + core::format_duration(quiet));
    std::this_thread::sleep_for(pause);
  }
}

Result<void> Deployment::drain(const Wait& wait) {
  return load::drain(wait, left_of(), [this] { return left(); });
}

}  // namespace couponctl::load
