#include "strategies/tables_and_topic.h"

#include <fmt/format.h>

#include "core/failure.h"
#include "load/drain.h"

namespace couponctl::strategies {
namespace {

constexpr std::chrono::seconds broker_answers_within{5};

}  // namespace

TablesAndTopic::TablesAndTopic(const Scratch& scratch)
    : TablesAndKeys(scratch), admin_(scratch.servers.kafka, broker_answers_within) {
  area().make_topic();
}

void TablesAndTopic::reset(std::int64_t run, const load::Wait& wait) {
  rest();
  TablesAndKeys::reset(run, wait);
  consumer_.emplace(scratch(), core::or_throw(ends(), core::Exit::unreachable));
}

core::Result<void> TablesAndTopic::drain(const load::Wait& wait) {
  // Once: by now everything that will ever be sent has been, or has been given up.
  std::optional<kafka::Offsets> all;
  return load::drain(wait, "messages", [&]() -> core::Result<std::int64_t> {
    if (!all) {
      auto found = ends();
      if (!found) return found.error();
      all = *std::move(found);
    }
    return consumer_->left(*all);
  });
}

core::Result<std::vector<load::Row>> TablesAndTopic::rows() {
  auto rows = TablesAndKeys::rows();
  if (rows && consumer_) add_times(*rows, consumer_->landed());
  return rows;
}

void TablesAndTopic::rest() { consumer_.reset(); }

core::Result<void> TablesAndTopic::drop(const load::Wait& wait) {
  rest();
  return TablesAndKeys::drop(wait);
}

core::Result<kafka::Offsets> TablesAndTopic::ends() {
  const auto marks = admin_.watermarks(scratch().name);
  if (!marks) return marks.error();
  kafka::Offsets ends;
  for (const auto& [partition, mark] : *marks) ends[partition] = mark.high;
  return ends;
}

}  // namespace couponctl::strategies
