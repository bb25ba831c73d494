#include "servers/wording.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace couponctl::servers {

std::string cannot_reach(std::string_view name, std::string_view where, std::string_view cause) {
  return fmt::format("cannot reach {} at {}: {}", name, where, cause);
}

std::string wording(const core::Error& error) {
  constexpr std::pair<std::string_view, std::string_view> clients[] = {
      {"redis ", "Redis"}, {"kafka ", "Kafka"}, {"mysql ", "MySQL"}};
  if (!core::ends_connection(error.fault)) return error.text;
  for (const auto& [begin, name] : clients) {
    const std::string_view text = error.text;
    const auto end = text.find(": ");
    if (!text.starts_with(begin) || end == std::string_view::npos) continue;
    // An address has a colon; "kafka producer" is none.
    const auto where = text.substr(begin.size(), end - begin.size());
    if (where.find(':') != std::string_view::npos)
      return cannot_reach(name, where, text.substr(end + 2));
  }
  return error.text;
}

}  // namespace couponctl::servers
