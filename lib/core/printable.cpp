#include "core/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

namespace couponctl::core {
namespace {

struct Character {
  char32_t code;
  std::size_t size;  // in bytes; 0: no UTF-8
};

// By RFC 3629: neither longer than needed, nor a surrogate, nor above U+10FFFF.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead < 0xc2   ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  if (size == 0 || text.size() < size) return {0, 0};
  char32_t code = lead & (0x7f >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0, 0};
    code = code << 6 | (byte(i) & 0x3f);
  }
  const char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest[size] || is_surrogate || code > 0x10ffff) return {0, 0};
  return {code, size};
}

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7f && code <= 0x9f); }

bool is_invisible(char32_t code) {
  constexpr std::pair<char32_t, char32_t> ranges[] = {
      {0xa0, 0xa0},     {0xad, 0xad},       {0x34f, 0x34f},    {0x115f, 0x1160}, {0x1680, 0x1680},
      {0x180e, 0x180e}, {0x2000, 0x200f},   {0x2028, 0x202f},  {0x205f, 0x206f}, {0x2800, 0x2800},
      {0x3000, 0x3000}, {0x3164, 0x3164},   {0xfe00, 0xfe0e},  {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
      {0xfff9, 0xfffb}, {0xe0000, 0xe007f}, {0xe0100, 0xe01ef}};
  return std::ranges::any_of(
      ranges, [code](const auto& range) { return code >= range.first && code <= range.second; });
}

}  // namespace

std::size_t character_size(std::string_view text) {
  return std::max<std::size_t>(first_character(text).size, 1);
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [code, size] = first_character(text);
    if (size == 0 || is_control(code))
      fmt::format_to(
          std::back_inserter(out), "\\x{:02x}",
          size == 0 ? static_cast<unsigned char>(text.front()) : static_cast<unsigned char>(code));
    else if (is_invisible(code))
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(code));
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string in_ascii(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> marks[] = {
      {"✓", "ok"}, {"✗", "x"}, {"…", "..."}, {"→", "->"}, {"·", "-"}, {"µ", "u"}, {"—", "-"}};
  std::string out;
  while (!text.empty()) {
    const auto character = text.substr(0, character_size(text));
    const auto* const mark =
        std::ranges::find(marks, character, &std::pair<std::string_view, std::string_view>::first);
    out += mark == std::end(marks) ? character : mark->second;
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace couponctl::core
