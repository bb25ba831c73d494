#include "report/history_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/failure.h"
#include "core/parse.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t buffer_bytes = 1 << 16;

core::Failure cannot(core::Exit exit, const char* what, const std::string& path, const char* hint) {
  return {exit,
          fmt::format("cannot {} the history of calls {}: {}", what, core::quote(path),
                      std::strerror(errno)),
          hint};
}

core::Failure cannot_write(const std::string& path) {
  return cannot(core::Exit::runtime, "write", path,
                "Make room there, or name another file. What is in it now is not all");
}

// Bytes that are no UTF-8 are replaced: whoever reads the file gets JSON.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

}  // namespace

std::string_view outcome_name(load::Outcome outcome) {
  switch (outcome) {
    case load::Outcome::granted:
      return "granted";
    case load::Outcome::duplicate:
      return "duplicate";
    case load::Outcome::sold_out:
      return "sold_out";
    case load::Outcome::unknown:
      break;
  }
  return "unknown";
}

HistoryWriter::HistoryWriter(std::string path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666)) {
  if (!file_)
    throw cannot(core::Exit::usage, "open", path_,
                 "Name a file that can be written, in a directory that is there");
}

void HistoryWriter::begin(const HistoryHead& head) {
  struct stat status {};
  const bool regular = ::fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (regular && ::ftruncate(file_.get(), 0) != 0) throw cannot_write(path_);
  line(text_of({{"kind", "begin"},
                {"schema_version", 2},
                {"command", head.command},
                {"seed", head.seed},
                {"threads", head.threads},
                {"runs", head.runs},
                {"limit", head.demand.limit},
                {"requests", head.demand.requests},
                {"users", head.users},
                {"different_users", head.demand.users}}));
  flush();  // a full disk is told before the race
}

void HistoryWriter::add(const race::RunRecord& run) {
  ++runs_;
  const auto where = fmt::format(R"("strategy":{},"run":{})", text_of(Json(run.strategy)), run.run);
  line(text_of({{"kind", "run"},
                {"strategy", run.strategy},
                {"run", run.run},
                {"calls", run.calls.size()},
                {"rows", run.rows.size()},
                {"unsettled", or_null(run.unknown)},
                {"first_error", or_null(run.first_error)},
                {"never_over_quota", run.promise.never_over_quota},
                {"one_per_user", run.promise.one_per_user},
                {"first_come_first_served", run.promise.first_come_first_served}}));
  run.calls.for_each([&](const load::Call& call) {
    line(fmt::format(R"({{"kind":"call",{},"number":{},"worker":{},"user":"{}","due_ns":{},)"
                     R"("sent_ns":{},"answered_ns":{},"outcome":"{}"}})",
                     where, call.number, call.worker, core::number(call.user), call.due_ns,
                     call.sent_ns, call.answered_ns, outcome_name(call.outcome)));
  });
  for (const auto& row : run.rows) {
    const auto at = row.durable_at.count();
    line(fmt::format(R"({{"kind":"row",{},"user":"{}","durable_ns":{}}})", where,
                     core::number(row.user), at == 0 ? "null" : std::to_string(at)));
  }
  flush();
}

void HistoryWriter::end(bool interrupted) {
  line(text_of({{"kind", "end"}, {"interrupted", interrupted}, {"runs", runs_}}));
  flush();
  if (::fsync(file_.get()) != 0 && errno != EINVAL && errno != EROFS) throw cannot_write(path_);
}

void HistoryWriter::line(std::string_view text) {
  buffer_.append(text).push_back('\n');
  if (buffer_.size() >= buffer_bytes) flush();
}

void HistoryWriter::flush() {
  for (std::string_view rest = buffer_; !rest.empty();) {
    const auto written = ::write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw cannot_write(path_);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

}  // namespace couponctl::report
