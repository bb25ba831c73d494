// How are the stack's small files written, and what does the end of a log say?
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace couponctl::stack {

void write_file(const std::filesystem::path& path, std::string_view text);  // throws core::Failure

// The last lines of a log, from `offset` on, or a phrase that says that it is empty or cannot be
// read.
std::string log_tail(const std::filesystem::path& log, std::size_t offset = 0);

}  // namespace couponctl::stack
