// Reads a file of calls and rows that `bench --history-out` has written, run by run.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "core/failure.h"
#include "process/file_descriptor.h"
#include "process/line_reader.h"
#include "report/history_writer.h"

namespace couponctl::report {

struct HistoryRun {
  std::string strategy;
  load::Promise promise;
  load::History calls;
  std::vector<load::Row> rows;  // durable_at since the gate opened; zero: by its answer
  std::string first_error;      // of the requests without an answer; "": there are none
  std::string unsettled;        // why the rows may be not all, or ""
};

class HistoryReader {
 public:
  // Opens the file and reads its first line. Throws core::Failure that names the file, and the line
  // where it is about one: usage where the file is not there or holds something else, runtime where
  // it cannot be read.
  HistoryReader(std::string path, std::stop_token stop);

  const HistoryHead& head() const { return head_; }

  // The next run that is there as a whole; nullptr after the last, or when `stop` is requested.
  // Throws as above. Its calls are in a temporary file, so that memory stays flat.
  std::unique_ptr<HistoryRun> next();

  // After the last run: why there may have been more, or "".
  const std::string& cut() const { return cut_; }
  bool interrupted() const { return interrupted_; }

 private:
  using Json = nlohmann::ordered_json;

  bool read_line(Json& json);
  void read_head();
  std::unique_ptr<HistoryRun> read_run(const Json& line);
  bool read_calls(HistoryRun& run, std::int64_t calls);
  bool read_rows(HistoryRun& run, std::int64_t rows);
  void read_end(const Json& line);
  core::Failure garbled(const std::string& what) const;

  std::string path_;
  std::stop_token stop_;
  process::FileDescriptor file_;
  process::LineReader lines_;
  HistoryHead head_;
  std::int64_t line_ = 0;
  std::int64_t runs_ = 0;
  bool ended_ = false;
  bool interrupted_ = false;
  std::string cut_;
};

}  // namespace couponctl::report
