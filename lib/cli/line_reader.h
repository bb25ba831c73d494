// Reads a descriptor line by line; tells its end from an error, and a line from a fragment.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace couponctl::cli {

struct Line {
  std::int64_t number;    // the first is 1
  std::string_view text;  // without its end; until the reader is used again
  bool too_long = false;  // then the text is its beginning
};

// Files, pipes, sockets and terminals. What comes last without the end of a line is a line where
// the input ends, and nothing where it breaks: it may be half of one.
class LineReader {
 public:
  // Without its end. A terminal gives no longer ones (N_TTY_BUF_SIZE), and nothing that we read by
  // lines needs a hundredth of it.
  static constexpr std::size_t line_bytes_max = 4096;

  // The descriptor outlives this, and is not closed.
  explicit LineReader(int descriptor) : descriptor_(descriptor) {}

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

  const int descriptor_;
  State state_ = State::open;
  std::string error_;
  std::string buffer_;
  std::size_t taken_ = 0;  // of the buffer
  std::int64_t lines_ = 0;
  bool skips_ = false;  // what arrives is the rest of a line that was too long
};

}  // namespace couponctl::cli
