#include "report/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>

namespace couponctl::report {
namespace {

// Three significant digits of the largest unit that leaves at least 1; each is 1000 of the one
// before. The first unit is printed without needless zeros, because counts are whole.
std::string scaled(double number, std::span<const std::string_view> units) {
  std::size_t unit = 0;
  for (; number >= 999.5 && unit + 1 < units.size(); ++unit) number /= 1000;
  if (unit == 0 && number < 999.5) return fmt::format("{:.3g}{}", number, units[0]);
  const int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", number, decimals, units[unit]);
}

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::string short_number(double number) {
  static constexpr std::array<std::string_view, 4> units = {"", "k", "M", "G"};
  return scaled(number, units);
}

std::string short_duration(std::chrono::nanoseconds duration) {
  static constexpr std::array<std::string_view, 4> units = {" ns", " µs", " ms", " s"};
  return scaled(static_cast<double>(duration.count()), units);
}

std::string countdown(std::chrono::nanoseconds left) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {:02}m", seconds / 3600, seconds % 3600 / 60);
}

std::string percentage(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string range(race::Spread spread) {
  if (spread.min == spread.max) return fmt::format("{}", spread.min);
  return fmt::format("{}..{}", spread.min, spread.max);
}

std::string excess(race::Spread spread) {
  const auto text = [](std::int64_t n) { return n == 0 ? "0" : fmt::format("{:+}", n); };
  if (spread.min == spread.max) return text(spread.min);
  return text(spread.min) + ".." + text(spread.max);
}

std::string environment_line(const std::vector<std::pair<std::string, std::string>>& environment) {
  std::string line = "couponctl " COUPONCTL_VERSION;
  for (const auto& [name, value] : environment)
    line += printable(fmt::format("  {} {}", name, value));
  return line;
}

int width_columns(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, std::not_fn(continues_code_point)));
}

std::string_view first_columns(std::string_view text, int columns) {
  std::size_t end = 0;
  for (; end < text.size(); ++end)
    if (!continues_code_point(text[end]) && columns-- <= 0) break;
  return text.substr(0, end);
}

}  // namespace couponctl::report
