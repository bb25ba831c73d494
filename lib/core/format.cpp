#include "core/format.h"

#include <fmt/format.h>

namespace couponctl::core {

std::string grouped(std::int64_t number) {
  auto text = fmt::format("{}", number);
  const std::size_t first_digit = number < 0 ? 1 : 0;
  for (auto at = text.size(); at > first_digit + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace couponctl::core
