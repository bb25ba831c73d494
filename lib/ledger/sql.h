// How values become part of a statement, and how they are read from its rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mysql/connection.h"

namespace couponctl::ledger::sql {

// A literal of bytes. Hexadecimal, so that no byte and no sql_mode can end it early.
std::string bytes(std::string_view value);
// A literal of ASCII text, comparable to a column that is indexed.
std::string text(std::string_view value);
// A number, or NULL.
std::string number(std::optional<std::int64_t> value);

// The integer of a column that cannot be NULL.
std::int64_t integer(const std::optional<std::string>& column);
std::optional<std::int64_t> optional_integer(const std::optional<std::string>& column);

// Forgets how many rows a statement changed.
core::Result<void> execute(mysql::Connection& connection, std::string_view statement);

}  // namespace couponctl::ledger::sql
