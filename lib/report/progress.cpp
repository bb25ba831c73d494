#include "report/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "report/units.h"

namespace couponctl::report {
namespace {

using namespace std::chrono_literals;

constexpr auto redraw_every = 100ms;
constexpr auto line_every = 30s;  // so that a log shows that a long command lives
constexpr int bar_columns_max = 20;
constexpr int bar_columns_min = 5;  // a shorter bar says less than the percentage beside it
constexpr std::string_view clear_line = "\r\x1b[K";

int standard_error_width() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

Terminal standard_error() {
  const char* kind = std::getenv("TERM");
  const bool dumb = kind == nullptr || std::string_view(kind) == "dumb";
  return {
      .write = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); },
      .now = [] { return std::chrono::steady_clock::now().time_since_epoch(); },
      .width_columns = standard_error_width,
      .redraws = isatty(STDERR_FILENO) == 1 && !dumb,
  };
}

Progress::Progress(Terminal terminal, std::string label, std::optional<std::int64_t> total)
    : terminal_(std::move(terminal)),
      label_(std::move(label)),
      total_(total),
      started_at_(terminal_.now()),
      draw_due_at_(started_at_),
      line_due_at_(started_at_ + line_every) {}

Progress::~Progress() { clear(); }

void Progress::update(std::int64_t done, std::string_view extra) {
  const std::scoped_lock lock(mutex_);
  done_ = done;
  extra_ = extra;
  if (terminal_.redraws) {
    if (terminal_.now() >= draw_due_at_) draw();
  } else if (is_line_due()) {
    tenths_told_ = percent() / 10;
    line_due_at_ = terminal_.now() + line_every;
    terminal_.write(fmt::format("{}:{}\n", printable(label_), tail(1).substr(1)));
  }
}

void Progress::label(std::string label) {
  const std::scoped_lock lock(mutex_);
  label_ = std::move(label);
}

void Progress::total(std::int64_t total) {
  const std::scoped_lock lock(mutex_);
  total_ = total;
}

void Progress::note(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  terminal_.write(fmt::format("{}{}\n", drawn_ ? clear_line : "", printable(line)));
  if (drawn_) draw();
}

void Progress::clear() {
  const std::scoped_lock lock(mutex_);
  if (!std::exchange(drawn_, false)) return;
  terminal_.write(clear_line);
  draw_due_at_ = terminal_.now();
}

bool Progress::is_line_due() const {
  return (total_ && percent() / 10 > tenths_told_) || terminal_.now() >= line_due_at_;
}

int Progress::percent() const {
  const auto total = total_.value_or(0);
  if (total <= 0) return 100;
  return static_cast<int>(100.0 * static_cast<double>(std::clamp<std::int64_t>(done_, 0, total)) /
                          static_cast<double>(total));
}

// "  eta 2s", or "" while there is nothing to extrapolate from, and at the end.
std::string Progress::remaining() const {
  if (!total_ || done_ <= 0 || done_ >= *total_) return "";
  const auto elapsed = std::chrono::duration<double, std::nano>(terminal_.now() - started_at_);
  const auto left = elapsed * static_cast<double>(*total_ - done_) / static_cast<double>(done_);
  return "  eta " + countdown(std::chrono::duration_cast<std::chrono::nanoseconds>(left));
}

// "  50 %  extra  eta 2s", each part with two spaces before it.
std::string Progress::tail(int percent_columns) const {
  return fmt::format("{}{}{}{}", total_ ? fmt::format("  {:{}} %", percent(), percent_columns) : "",
                     extra_.empty() ? "" : "  ", printable(extra_), remaining());
}

std::string Progress::line() const {
  // The last column stays free: a terminal wraps the line when it is written to.
  const int width = std::max(terminal_.width_columns() - 1, 0);
  const auto head = printable(label_);
  const auto rest = tail(3);
  const int room = width - width_columns(head) - width_columns(rest) - width_columns("  []");
  const int bar = total_ ? std::min(room, bar_columns_max) : 0;
  const int filled = bar * percent() / 100;
  const auto middle =
      bar < bar_columns_min ? "" : fmt::format("  [{:#<{}}{:->{}}]", "", filled, "", bar - filled);
  return std::string(first_columns(head + middle + rest, width));
}

void Progress::draw() {
  terminal_.write("\r" + line() + "\x1b[K");
  drawn_ = true;
  draw_due_at_ = terminal_.now() + redraw_every;
}

}  // namespace couponctl::report
