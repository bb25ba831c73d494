// How are the stack's small files written, and what does the end of a log say?
#include "stack/files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "core/failure.h"
#include "process/read.h"

namespace couponctl::stack {
namespace {

constexpr std::size_t tail_lines_max = 5;
constexpr std::size_t tail_bytes_max = 4096;

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) throw core::Failure(core::Exit::runtime, path.native() + ": cannot be written");
}

std::string log_tail(const std::filesystem::path& log, std::size_t offset) {
  auto text = process::read_file(log, static_cast<std::ptrdiff_t>(offset));
  if (!text) return fmt::format("its log cannot be read: {}", text.error().text);
  if (text->size() > tail_bytes_max) text->erase(0, text->size() - tail_bytes_max);
  std::istringstream stream(*text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    lines.push_back(line);
    if (lines.size() > tail_lines_max) lines.erase(lines.begin());
  }
  return lines.empty() ? "its log is empty" : fmt::format("{}", fmt::join(lines, "\n  "));
}

}  // namespace couponctl::stack
