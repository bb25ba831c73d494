// How are the stack's small files written, and what does the end of a log say?
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace couponctl::stack {

void write_file(const std::filesystem::path& path, std::string_view text);  // throws core::Failure

// The file's text from `offset` on, "" if it cannot be read.
std::string read_file(const std::filesystem::path& path, std::size_t offset = 0);

// The last lines of a log, or a phrase that says that it is empty.
std::string log_tail(const std::filesystem::path& log, std::size_t offset = 0);

}  // namespace couponctl::stack
