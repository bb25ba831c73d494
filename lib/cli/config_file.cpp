// The one file that knows toml++.
#include "cli/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "cli/small_file.h"
#include "cli/usage_error.h"

namespace couponctl::cli {
namespace {

using Type = FileEntry::Type;

// A few screens of text; whatever is larger is not a configuration.
constexpr std::size_t file_size_max = 64 * 1024;
constexpr std::size_t line_size_max = 4 * 1024;

std::string position(const std::string& path, const toml::source_region& region) {
  return fmt::format("{}:{}:{}", path, region.begin.line, region.begin.column);
}

void check_text(std::string_view text, const std::string& path) {
  const auto fail = [&](std::size_t line, std::size_t column, std::string_view why) {
    return UsageError("", fmt::format("{}:{}:{}: {}", path, line, column, why));
  };
  if (text.starts_with("\xEF\xBB\xBF"))
    throw fail(1, 1, "begins with a byte order mark; save it as UTF-8 without one");
  if (text.size() > file_size_max) throw fail(1, 1, "the file is larger than 64 KiB");
  std::size_t line = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto nul = text.substr(begin, end - begin).find('\0');
    if (nul != std::string_view::npos) throw fail(line, nul + 1, "a NUL byte: this is not text");
    if (end - begin > line_size_max) throw fail(line, 1, "the line is longer than 4 KiB");
    begin = end + 1;
  }
}

// Strings joined by commas, or nothing if an item is something else.
std::optional<std::string> join(const toml::array& array) {
  std::string text;
  for (const auto& item : array) {
    const auto* string = item.as_string();
    if (string == nullptr) return std::nullopt;
    text += (text.empty() ? "" : ",") + string->get();
  }
  return text;
}

FileEntry to_entry(std::string section, const toml::key& key, const toml::node& node,
                   const std::string& path) {
  FileEntry entry{std::move(section), std::string(key.str()), Type::other, "",
                  position(path, key.source())};
  const auto fill = [&](Type type, std::string text) {
    entry.type = type;
    entry.text = std::move(text);
  };
  if (const auto* string = node.as_string()) fill(Type::string, string->get());
  if (const auto* integer = node.as_integer()) fill(Type::integer, fmt::to_string(integer->get()));
  if (const auto* number = node.as_floating_point())
    fill(Type::number, fmt::to_string(number->get()));
  if (const auto* boolean = node.as_boolean())
    fill(Type::boolean, boolean->get() ? "true" : "false");
  if (const auto* array = node.as_array())
    if (auto joined = join(*array)) fill(Type::strings, *std::move(joined));
  return entry;
}

}  // namespace

std::vector<FileEntry> parse_config(std::string_view text, const std::string& path) {
  check_text(text, path);
  std::vector<FileEntry> entries;
  try {
    const toml::table table = toml::parse(text, path);
    for (const auto& [key, node] : table) {
      const auto* section = node.as_table();
      if (section == nullptr) {
        entries.push_back(to_entry("", key, node, path));
        continue;
      }
      const std::string name(key.str());
      entries.push_back({name, "", Type::section, "", position(path, key.source())});
      for (const auto& [inner, value] : *section)
        entries.push_back(to_entry(name, inner, value, path));
    }
  } catch (const toml::parse_error& error) {
    throw UsageError("",
                     fmt::format("{}: {}", position(path, error.source()), error.description()));
  }
  return entries;
}

std::optional<ConfigFile> read_config_file(const std::filesystem::path& path) {
  const auto file = read_small_file(path, file_size_max);
  if (!file) return std::nullopt;
  if (file->others_can_write)
    throw UsageError("couponctl", fmt::format("{}: others can write to it", path.string()),
                     fmt::format("Run \"chmod go-w {}\"", path.string()));
  return ConfigFile{path.string(), file->others_can_read, parse_config(file->text, path.string())};
}

}  // namespace couponctl::cli
