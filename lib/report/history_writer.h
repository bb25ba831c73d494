// Writes every call and row of a bench's counted runs to a file, as JSON Lines.
//
// Line by line, each an object with its `kind`:
//   begin  schema_version, command, seed, threads, runs, limit, requests,
//          users, different_users
//   run    strategy, run, calls, rows, unsettled, first_error, and what the design promises; then
//   so many call   strategy, run, number, worker, user, due_ns, sent_ns, answered_ns, outcome
//          (granted | duplicate | sold_out | unknown)
//   row    strategy, run, user, durable_ns (null: by the time of the answer)
//   end    interrupted, runs
// Times count from the opening of the run's gate. A file without its last line was cut.
#pragma once

#include <cstdint>
#include <string>

#include "process/file_descriptor.h"
#include "race/bench.h"
#include "race/verdict.h"

namespace couponctl::report {

struct HistoryHead {
  std::string command;
  std::uint64_t seed = 0;
  std::int64_t threads = 0;
  int runs = 0;
  std::string users = "";  // "distinct"
  race::Demand demand = {};
};

std::string_view outcome_name(load::Outcome outcome);

class HistoryWriter {
 public:
  // Opens the file, which keeps what is in it until begin(). Throws core::Failure (usage) that
  // names it. So do the others (runtime) where it cannot be written.
  explicit HistoryWriter(std::string path);

  void begin(const HistoryHead& head);
  void add(const race::RunRecord& run);
  void end(bool interrupted);

 private:
  void line(std::string_view text);
  void flush();

  std::string path_;
  process::FileDescriptor file_;
  std::string buffer_;
  std::int64_t runs_ = 0;
};

}  // namespace couponctl::report
