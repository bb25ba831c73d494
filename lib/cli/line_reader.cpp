#include "cli/line_reader.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "process/read.h"

namespace couponctl::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

bool more_has_arrived(int descriptor, milliseconds wait) {
  pollfd input{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&input, 1, static_cast<int>(wait.count())) > 0;
}

}  // namespace

std::optional<Line> LineReader::next(milliseconds wait) {
  const auto deadline = Clock::now() + wait;
  for (;;) {
    if (auto line = take()) return line;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (!open() || !more_has_arrived(descriptor_, std::max(left, milliseconds(0))))
      return std::nullopt;
    fill();
    if (Clock::now() >= deadline) return take();  // also where what arrives never makes a line
  }
}

std::optional<Line> LineReader::take() {
  if (std::exchange(skips_, false)) {
    const auto end = fragment().find('\n');
    skips_ = end == std::string_view::npos;
    taken_ = skips_ ? buffer_.size() : taken_ + end + 1;
  }
  const auto rest = fragment();
  const auto end = rest.find('\n');
  if (std::min(end, rest.size()) > line_bytes_max) {
    skips_ = true;
    taken_ += line_bytes_max;
    return Line{++lines_, rest.substr(0, line_bytes_max), true};
  }
  if (rest.empty() || (end == std::string_view::npos && state_ != State::ended))
    return std::nullopt;
  const auto text = rest.substr(0, end);
  taken_ += std::min(text.size() + 1, rest.size());
  return Line{++lines_, text};
}

void LineReader::fill() {
  std::array<char, 64 * 1024> bytes;
  buffer_.erase(0, std::exchange(taken_, 0));
  const auto chunk = process::read_some(descriptor_, bytes);
  if (!chunk) {
    state_ = State::broken;
    error_ = chunk.error().text;
  } else if (chunk->arrival == process::Arrival::end) {
    state_ = State::ended;
  } else {
    buffer_.append(bytes.data(), chunk->size);
  }
}

}  // namespace couponctl::cli
