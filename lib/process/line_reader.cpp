#include "process/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace couponctl::process {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t line_bytes_max = std::size_t{1} << 20;

}  // namespace

std::optional<std::string> LineReader::next(std::chrono::milliseconds within) {
  for (const auto deadline = Clock::now() + within;;) {
    if (auto line = take()) return line;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (at_end_ || left < 0ms) return std::nullopt;
    pollfd readable{from_.get(), POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(left.count()));
    if (ready == 0) return std::nullopt;
    if (ready < 0) continue;
    std::array<char, 4096> bytes{};
    const auto count = ::read(from_.get(), bytes.data(), bytes.size());
    if (count > 0) read_.append(bytes.data(), static_cast<std::size_t>(count));
    at_end_ = count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
  }
}

std::optional<std::string> LineReader::take() {
  const auto end = read_.find('\n');
  const bool whole = end != std::string::npos && end <= line_bytes_max;
  if (!whole && read_.size() <= line_bytes_max) return std::nullopt;
  auto line = read_.substr(0, whole ? end : line_bytes_max);
  read_.erase(0, line.size() + (whole ? 1 : 0));
  return line;
}

}  // namespace couponctl::process
