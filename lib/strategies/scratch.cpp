#include "strategies/scratch.h"

#include <fmt/format.h>

namespace couponctl::strategies {

mysql::Address Scratch::database() const {
  auto address = servers.mysql;
  address.database = name;
  return address;
}

std::string Scratch::coupons() const { return fmt::format("coupon_{}", run); }

std::string Scratch::failed_events() const { return fmt::format("failed_event_{}", run); }

std::string Scratch::campaign() const { return fmt::format("campaign_{}", run); }

std::string Scratch::key(std::string_view suffix) const {
  return fmt::format("{}:{}:{}", name, run, suffix);
}

}  // namespace couponctl::strategies
