#include "cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "core/parse.h"

namespace couponctl::cli {
namespace {

bool is_colored(bool is_terminal, const std::string& color, const Environment& environment) {
  if (color != "auto") return color == "always";
  if (!environment.variable("NO_COLOR").value_or("").empty()) return false;
  const auto forced = environment.variable("FORCE_COLOR").value_or("");
  if (!forced.empty()) return forced != "0" && forced != "false";
  return is_terminal && environment.variable("TERM").value_or("") != "dumb";
}

int width_of(std::FILE* stream, const Environment& environment) {
  constexpr std::int64_t columns_max = 10'000;
  if (const auto columns = core::whole_number(environment.variable("COLUMNS").value_or("")))
    return static_cast<int>(std::min(*columns, columns_max));
  winsize size{};
  return ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

bool shows_utf8(const Environment& environment) {
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    auto locale = environment.variable(name).value_or("");
    if (locale.empty()) continue;
    std::ranges::transform(locale, locale.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return true;
}

report::Look look_of(std::FILE* stream, const std::string& color, const Environment& environment) {
  const bool is_terminal = ::isatty(::fileno(stream)) == 1;
  return {.colour = is_colored(is_terminal, color, environment),
          .ascii = !shows_utf8(environment),
          .width_max = is_terminal ? width_of(stream, environment) : 0};
}

}  // namespace couponctl::cli
