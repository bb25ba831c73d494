// Writes numbers and text so that people can read them: 12.4k, 1.93 ms, 106..121, 25.9 %.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/format.h"
#include "core/printable.h"
#include "race/result.h"

namespace couponctl::report {

// Three significant digits: 7, 950, 12.4k, 1.20M.
std::string short_number(double number);

// Three significant digits of ns, µs, ms or s: "812 ns", "1.93 ms", "45.2 s".
std::string short_duration(std::chrono::nanoseconds duration);

// Whole seconds, rounded up, for an ETA: "2s", "1m 40s", "1h 02m".
std::string countdown(std::chrono::nanoseconds left);

using core::grouped;

// "25.9 %" of 0.2589.
std::string percentage(double share);

// "100" or "106..121"; as an excess: "0", "+6" or "+6..+21".
std::string range(race::Spread spread);
std::string excess(race::Spread spread);

using core::printable;

// The first line of a report, which says what it was made with.
std::string environment_line(const std::vector<std::pair<std::string, std::string>>& environment);

// How many terminal columns UTF-8 text takes, one for each code point; and its first so many.
int width_columns(std::string_view text);
std::string_view first_columns(std::string_view text, int columns);

}  // namespace couponctl::report
