// Writes numbers so that people can read them.
#pragma once

#include <cstdint>
#include <string>

namespace couponctl::core {

// Every digit: 10,000.
std::string grouped(std::int64_t number);

}  // namespace couponctl::core
