// Reads a descriptor line by line; tells its end from an error, and a line from a fragment.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace couponctl::process {

struct Line {
  std::int64_t number;    // the first is 1
  std::string_view text;  // without its end; until the reader is used again
  bool too_long = false;  // then the text is its beginning
};

struct LineRules {
  // Without its end. A terminal gives no longer ones (N_TTY_BUF_SIZE), and nothing that people
  // write for us by lines needs a hundredth of it.
  std::size_t bytes_max = 4096;
  // Whether what comes last, without the end of a line, is a line where the input ends. In a
  // person's file it is; of a program that was killed while it wrote it may be half of one. Where
  // the input breaks it never is.
  bool end_ends_line = true;
};

// Files, pipes, sockets and terminals, also those that do not wait.
class LineReader {
 public:
  LineReader() = default;  // at its end
  // The descriptor outlives this, and is not closed.
  explicit LineReader(int descriptor, LineRules rules = {})
      : descriptor_(descriptor), rules_(rules), state_(State::open) {}

  // The next line that arrives within that time. Nothing if none does, or none will: see open(). Of
  // a line that is too long the rest is passed over.
  std::optional<Line> next(std::chrono::milliseconds wait);

  bool open() const { return state_ == State::open; }
  // Why it broke, in the system's words: "Connection reset by peer". nullptr if it did not.
  const std::string* error() const { return state_ == State::broken ? &error_ : nullptr; }
  // What arrived behind the last line.
  std::string_view fragment() const { return std::string_view(buffer_).substr(taken_); }

 private:
  enum class State { open, ended, broken };

  std::optional<Line> take();
  void fill();

  int descriptor_ = -1;
  LineRules rules_;
  State state_ = State::ended;
  std::string error_;
  std::string buffer_;
  std::size_t taken_ = 0;  // of the buffer
  std::int64_t lines_ = 0;
  bool skips_ = false;  // what arrives is the rest of a line that was too long
};

}  // namespace couponctl::process
