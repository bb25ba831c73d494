#include "report/history_reader.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/failure.h"
#include "core/format.h"
#include "core/parse.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using core::Exit;
using core::Failure;
using load::Outcome;

constexpr std::chrono::milliseconds stop_checked_every{100};
constexpr std::size_t line_bytes_max = 1 << 20;  // a command line may be long
constexpr auto whole = std::numeric_limits<std::int64_t>::max();

// Says of a line what is wrong with it.
struct Wrong {
  std::string what;
};

const Json& member(const Json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end()) throw Wrong{fmt::format("it has no \"{}\"", key)};
  return *found;
}

std::int64_t integer(const Json& line, const char* key, std::int64_t max = whole) {
  const auto& value = member(line, key);
  if (value.is_number_integer() && value >= 0 && value <= max) return value.get<std::int64_t>();
  throw Wrong{fmt::format("its \"{}\" is no number 0..{}", key, max)};
}

// Either way far from where a difference would overflow.
std::int64_t time_ns(const Json& line, const char* key) {
  constexpr auto max = whole / 4;
  const auto& value = member(line, key);
  if (value.is_number_integer() && value >= -max && value <= max) return value.get<std::int64_t>();
  throw Wrong{fmt::format("its \"{}\" is no time", key)};
}

bool boolean(const Json& line, const char* key) {
  const auto& value = member(line, key);
  if (value.is_boolean()) return value.get<bool>();
  throw Wrong{fmt::format("its \"{}\" is neither true nor false", key)};
}

std::string text(const Json& line, const char* key) {
  const auto& value = member(line, key);
  if (value.is_string()) return value.get<std::string>();
  throw Wrong{fmt::format("its \"{}\" is no text", key)};
}

std::string text_or_null(const Json& line, const char* key) {
  return member(line, key).is_null() ? "" : text(line, key);
}

Outcome outcome(const Json& line) {
  const auto name = text(line, "outcome");
  for (const auto one : {Outcome::granted, Outcome::duplicate, Outcome::sold_out, Outcome::unknown})
    if (outcome_name(one) == name) return one;
  throw Wrong{"its \"outcome\" is not one of granted, duplicate, sold_out, unknown"};
}

void require_kind(const Json& line, std::string_view kind) {
  if (const auto got = text(line, "kind"); got != kind)
    throw Wrong{fmt::format("a {} is due, and this is a {}", kind, core::quote(got))};
}

// Text, as many readers of JSON keep 53 bits of a number; a number in the first schema.
core::UserId user_of(const Json& line) {
  if (!member(line, "user").is_string()) return core::UserId{integer(line, "user")};
  const auto user = core::parse_integer(text(line, "user"), 0, whole);
  if (!user) throw Wrong{fmt::format("its \"user\" is no number 0..{}", whole)};
  return core::UserId{*user};
}

load::Call call_of(const Json& line) {
  require_kind(line, "call");
  return {.user = user_of(line),
          .due_ns = time_ns(line, "due_ns"),
          .sent_ns = time_ns(line, "sent_ns"),
          .answered_ns = time_ns(line, "answered_ns"),
          .number = static_cast<std::uint32_t>(
              integer(line, "number", std::numeric_limits<std::uint32_t>::max())),
          .worker = static_cast<std::uint16_t>(
              integer(line, "worker", std::numeric_limits<std::uint16_t>::max())),
          .outcome = outcome(line)};
}

load::Row row_of(const Json& line) {
  require_kind(line, "row");
  load::Row row{.user = user_of(line)};
  if (!member(line, "durable_ns").is_null())
    row.durable_at = std::chrono::nanoseconds(time_ns(line, "durable_ns"));
  return row;
}

HistoryHead head_of(const Json& line) {
  require_kind(line, "begin");
  if (const auto version = integer(line, "schema_version"); version < 1 || version > 2)
    throw Wrong{fmt::format("its schema_version is {}, and this couponctl knows 1 and 2", version)};
  return {.command = text(line, "command"),
          .seed = static_cast<std::uint64_t>(integer(line, "seed")),
          .threads = integer(line, "threads"),
          .runs = static_cast<int>(integer(line, "runs", std::numeric_limits<int>::max())),
          .users = text(line, "users"),
          .demand = {.limit = integer(line, "limit"),
                     .requests = integer(line, "requests"),
                     .users = integer(line, "different_users")}};
}

}  // namespace

HistoryReader::HistoryReader(std::string path, std::stop_token stop)
    : path_(std::move(path)),
      stop_(std::move(stop)),
      file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)),
      lines_(file_.get(), {.bytes_max = line_bytes_max, .end_ends_line = false}) {
  if (!file_)
    throw Failure(Exit::usage,
                  fmt::format("cannot open {}: {}", core::quote(path_), std::strerror(errno)),
                  "\"couponctl bench --history-out FILE\" writes such a file");
  read_head();
}

Failure HistoryReader::garbled(const std::string& what) const {
  return {
      Exit::usage, fmt::format("{}:{}: {}", path_, line_, what),
      "\"couponctl bench --history-out FILE\" writes such a file; this one was changed since, or "
      "is another"};
}

// False where the file ends. A read error is not an end.
bool HistoryReader::read_line(Json& json) {
  for (;;) {
    const auto line = lines_.next(stop_checked_every);
    if (line) {
      line_ = line->number;
      if (line->too_long) throw garbled("the line is too long");
      json = Json::parse(line->text, nullptr, false);
      if (json.is_discarded() || !json.is_object()) throw garbled("no JSON object");
      return true;
    }
    if (stop_.stop_requested()) return false;
    if (!lines_.open()) break;
  }
  if (const auto* why = lines_.error())
    throw Failure(Exit::runtime,
                  fmt::format("cannot read {} to its end, only {} lines: {}", core::quote(path_),
                              core::grouped(line_), *why),
                  "Try again once the file can be read");
  cut_ = fmt::format("{} was cut after line {}: nothing can be said of what came then", path_,
                     core::grouped(line_));
  return false;
}

void HistoryReader::read_head() try {
  Json line;
  if (read_line(line))
    head_ = head_of(line);
  else if (!stop_.stop_requested())
    throw garbled("the file has not even a first line");
} catch (const Wrong& wrong) {
  throw garbled(wrong.what);
}

std::unique_ptr<HistoryRun> HistoryReader::next() try {
  Json line;
  if (ended_ || !cut_.empty() || !read_line(line)) return nullptr;
  if (text(line, "kind") != "end") return read_run(line);
  read_end(line);
  return nullptr;
} catch (const Wrong& wrong) {
  throw garbled(wrong.what);
}

std::unique_ptr<HistoryRun> HistoryReader::read_run(const Json& line) {
  require_kind(line, "run");
  auto run = std::make_unique<HistoryRun>();
  run->strategy = text(line, "strategy");
  run->promise = {.never_over_quota = boolean(line, "never_over_quota"),
                  .one_per_user = boolean(line, "one_per_user"),
                  .first_come_first_served = boolean(line, "first_come_first_served")};
  run->unsettled = text_or_null(line, "unsettled");
  run->first_error = text_or_null(line, "first_error");
  const auto calls = integer(line, "calls");
  const auto rows = integer(line, "rows");
  if (!read_calls(*run, calls) || !read_rows(*run, rows)) return nullptr;
  ++runs_;
  return run;
}

bool HistoryReader::read_calls(HistoryRun& run, std::int64_t calls) {
  load::History::Writer writer(run.calls);
  for (Json line; calls > 0; --calls) {
    if (!read_line(line)) return false;
    writer.append(call_of(line));
  }
  writer.flush();
  return true;
}

bool HistoryReader::read_rows(HistoryRun& run, std::int64_t rows) {
  for (Json line; rows > 0; --rows) {
    if (!read_line(line)) return false;
    run.rows.push_back(row_of(line));
  }
  return true;
}

void HistoryReader::read_end(const Json& line) {
  require_kind(line, "end");
  interrupted_ = boolean(line, "interrupted");
  if (const auto runs = integer(line, "runs"); runs != runs_)
    throw Wrong{fmt::format("it speaks of {} runs, and there are {}", runs, runs_)};
  ended_ = true;
  Json more;
  if (read_line(more)) throw Wrong{"something follows the last line"};
  if (!lines_.fragment().empty()) throw Wrong{"something follows the last line"};
  cut_.clear();
}

}  // namespace couponctl::report
