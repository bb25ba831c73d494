#include "strategies/tables_and_topic.h"

#include <fmt/format.h>

#include "core/failure.h"

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
  start_behind_all();
}

core::Result<std::int64_t> TablesAndTopic::left() {
  const auto all = ends();
  if (!all) return all.error();
  return consumer_->left(*all);
}

core::Result<std::int64_t> TablesAndTopic::queued() {
  return consumer_->is_busy() ? 1 : left();  // or more, and nobody need be asked
}

void TablesAndTopic::restart(const load::Wait&) {
  const auto done = consumer_->end();
  consumer_.emplace(scratch(), done);
}

// The sources set auto.offset.reset=latest: a group that has no offsets begins at the ends.
void TablesAndTopic::join_late(const load::Wait&) { start_behind_all(); }

void TablesAndTopic::begin_next_event(const load::Wait& wait) {
  TablesAndKeys::begin_next_event(wait);
  restart(wait);  // the rows of the event before are not its own
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

void TablesAndTopic::start_behind_all() {
  consumer_.emplace(scratch(), core::or_throw(ends(), core::Exit::unreachable));
}

core::Result<kafka::Offsets> TablesAndTopic::ends() {
  const auto marks = admin_.watermarks(scratch().name);
  if (!marks) return marks.error();
  kafka::Offsets ends;
  for (const auto& [partition, mark] : *marks) ends[partition] = mark.high;
  return ends;
}

}  // namespace couponctl::strategies
