#include "process/line_reader.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "process/read.h"

namespace couponctl::process {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

enum class Waited { arrived, in_vain, interrupted };

Waited wait_for_more(int descriptor, milliseconds wait) {
  pollfd input{.fd = descriptor, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&input, 1, static_cast<int>(std::max(wait, milliseconds(0)).count()));
  if (ready == 0) return Waited::in_vain;
  return ready < 0 && errno == EINTR ? Waited::interrupted : Waited::arrived;
}

}  // namespace

std::optional<Line> LineReader::next(milliseconds wait) {
  const auto deadline = Clock::now() + wait;
  for (;;) {
    if (auto line = take()) return line;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (!open()) return std::nullopt;
    const auto waited = wait_for_more(descriptor_, left);
    if (waited == Waited::in_vain) return std::nullopt;
    if (waited == Waited::arrived) fill();
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
  if (std::min(end, rest.size()) > rules_.bytes_max) {
    skips_ = true;
    taken_ += rules_.bytes_max;
    return Line{++lines_, rest.substr(0, rules_.bytes_max), true};
  }
  const bool fragment_is_line = state_ == State::ended && rules_.end_ends_line;
  if (rest.empty() || (end == std::string_view::npos && !fragment_is_line)) return std::nullopt;
  const auto text = rest.substr(0, end);
  taken_ += std::min(text.size() + 1, rest.size());
  return Line{++lines_, text};
}

void LineReader::fill() {
  std::array<char, 64 * 1024> bytes{};
  buffer_.erase(0, std::exchange(taken_, 0));
  const auto chunk = read_some(descriptor_, bytes);
  if (!chunk) {
    state_ = State::broken;
    error_ = chunk.error().text;
  } else if (chunk->arrival == Arrival::end) {
    state_ = State::ended;
  } else {
    buffer_.append(bytes.data(), chunk->size);
  }
}

}  // namespace couponctl::process
