#include "ledger/sql.h"

#include <cassert>
#include <charconv>

namespace couponctl::ledger::sql {

std::string bytes(std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string literal = "X'";
  literal.reserve(2 * value.size() + 3);
  for (const char signed_byte : value) {
    const auto byte = static_cast<unsigned char>(signed_byte);
    literal += digits[byte >> 4];
    literal += digits[byte & 15];
  }
  return literal += '\'';
}

std::string text(std::string_view value) { return "_ascii " + bytes(value); }

std::string number(std::optional<std::int64_t> value) {
  return value ? std::to_string(*value) : "NULL";
}

std::int64_t integer(const std::optional<std::string>& column) {
  assert(column);
  std::int64_t value = 0;
  const auto* const end = column->data() + column->size();
  const auto read = std::from_chars(column->data(), end, value);
  assert(read.ec == std::errc{} && read.ptr == end);
  return value;
}

std::optional<std::int64_t> optional_integer(const std::optional<std::string>& column) {
  if (!column) return std::nullopt;
  return integer(column);
}

core::Result<void> execute(mysql::Connection& connection, std::string_view statement) {
  const auto changed = connection.execute(statement);
  if (!changed) return changed.error();
  return {};
}

}  // namespace couponctl::ledger::sql
