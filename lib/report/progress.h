// Shows on stderr how far a long command has come.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace couponctl::report {

// Where progress goes; tests pass a string, a simulated clock and any width.
struct Terminal {
  std::function<void(std::string_view)> write;
  std::function<std::chrono::nanoseconds()> now;  // monotonic
  std::function<int()> width_columns;             // asked at every redraw
  bool redraws = false;                           // a person watches: one line, drawn again
};

// stderr; it redraws if that is a terminal that understands it (TERM is not "dumb").
Terminal standard_error();

// On a terminal: one line (label, bar, percent, extra text, ETA), drawn at most 10 times a second
// and removed by the destructor. Elsewhere: a plain line for every 10 %, every 30 s and every note,
// and never a carriage return. Any thread may use it; it is the fastest if workers count for
// themselves and the caller reports their sum.
class Progress {
 public:
  // `total` is in any unit, the one that update() counts in; 0 is shown as complete. Without one
  // there is neither bar nor percent, and elsewhere a line every 30 s only.
  Progress(Terminal terminal, std::string label, std::optional<std::int64_t> total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap when nothing is due, so it may be called for every step. `done` is out of `total`;
  // `extra` says what else is known: "81.2k req/s  issued 100/100".
  void update(std::int64_t done, std::string_view extra = "");

  // What is being worked on, and how much it is, from here on.
  void label(std::string label);
  void total(std::int64_t total);

  // A line that stays.
  void note(std::string_view line);

  // Makes room for what somebody else writes; the next update draws it again.
  void clear();

 private:
  std::string line() const;
  std::string tail(int percent_columns) const;
  std::string remaining() const;
  int percent() const;
  bool is_line_due() const;
  void draw();

  std::mutex mutex_;  // guards what follows
  Terminal terminal_;
  std::string label_;
  std::string extra_;
  std::optional<std::int64_t> total_;
  std::int64_t done_ = 0;
  std::chrono::nanoseconds started_at_;
  std::chrono::nanoseconds draw_due_at_;
  std::chrono::nanoseconds line_due_at_;
  bool drawn_ = false;
  int tenths_told_ = 0;
};

}  // namespace couponctl::report
