#include "report/consume_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "report/units.h"

namespace couponctl::report {
namespace {

using issuance::Consumed;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds drawn_every = 1s;
constexpr std::chrono::milliseconds said_every = 30s;

}  // namespace

std::string text(const Consumed& consumed) {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", grouped(count), what));
  };
  add(consumed.issued, "issued");
  add(consumed.duplicate, "duplicate");
  for (const auto& [failure, count] : consumed.failed) add(count, ledger::name(failure));
  return fmt::format("{} read{}{}", grouped(consumed.read), parts.empty() ? "" : ": ",
                     fmt::join(parts, ", "));
}

std::chrono::milliseconds ConsumeReport::interval() const {
  return options_.line != nullptr ? drawn_every : said_every;
}

void ConsumeReport::started(const kafka::Offsets& starts) {
  std::vector<std::string> places;
  for (const auto& [partition, offset] : starts)
    places.push_back(fmt::format("{} from offset {}", partition, offset));
  if (places.empty())
    options_.log->info(
        "in group {}, which has no partition of {} for this process to read: others "
        "read them",
        options_.group, options_.topic);
  else
    options_.log->info("reading {} in group {}: partition {}", options_.topic, options_.group,
                       fmt::join(places, ", "));
  options_.status("Reading");
}

void ConsumeReport::progressed(const Consumed& consumed, std::int64_t left) {
  const auto now = options_.now();
  const bool due = now - told_at_ >= interval();
  const auto moved = consumed.read - told_read_;
  if (due) {
    rate_per_s_ = moved * std::int64_t{std::nano::den} / (now - told_at_).count();
    told_at_ = now;
    told_read_ = consumed.read;
  }
  const bool waits = left == 0 && moved == 0 && !options_.until_drained;
  const auto words =
      waits ? fmt::format("{}; waiting for messages", text(consumed))
            : fmt::format("{}; {}/s, {} left", text(consumed), grouped(rate_per_s_), grouped(left));
  if (due || waits) options_.status(words);
  if (options_.line != nullptr)
    draw(consumed.read, left, words);
  else if (waits ? !says_that_it_waits_ : due && moved > 0)
    options_.log->info(words);
  says_that_it_waits_ = waits;
}

void ConsumeReport::draw(std::int64_t read, std::int64_t left, const std::string& words) const {
  if (options_.until_drained) options_.line->total(read + left);
  options_.line->update(read, words);
}

}  // namespace couponctl::report
