#include "core/campaign.h"

#include <algorithm>
#include <cassert>

#include "core/parse.h"

namespace couponctl::core {

Result<void> check_campaign_name(std::string_view name) {
  constexpr std::size_t length_max = 32;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= length_max && std::ranges::all_of(name, allowed)) return {};
  return Error{Fault::invalid, {}, "must be 1..32 of a-z 0-9 _ - (got " + quote(name) + ")"};
}

std::string_view name(Decision decision) {
  switch (decision) {
    case Decision::admitted:
      return "ADMITTED";
    case Decision::queued:
      return "QUEUED";
    case Decision::issued:
      return "ISSUED";
    case Decision::duplicate:
      return "DUPLICATE";
    case Decision::sold_out:
      return "SOLD_OUT";
    case Decision::not_open:
      return "NOT_OPEN";
    case Decision::closed:
      return "CLOSED";
    case Decision::in_doubt:
      return "IN_DOUBT";
    case Decision::unavailable:
      return "UNAVAILABLE";
  }
  assert(false);
  return "";
}

}  // namespace couponctl::core
