// How a Java Long stands on the wire: 8 bytes, big-endian, signed, as LongSerializer writes it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace couponctl::core {

using JavaLong = std::array<char, 8>;

constexpr JavaLong encode_long(std::int64_t value) {
  JavaLong bytes{};
  auto rest = static_cast<std::uint64_t>(value);
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, rest >>= 8)
    *byte = static_cast<char>(rest & 0xff);
  return bytes;
}

// nullopt unless there are exactly 8 bytes.
constexpr std::optional<std::int64_t> decode_long(std::string_view bytes) {
  if (bytes.size() != JavaLong().size()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

}  // namespace couponctl::core
