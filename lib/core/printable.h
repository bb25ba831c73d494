// Makes text fit to be looked at: what steers a terminal or cannot be seen is written out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace couponctl::core {

// Control characters and bytes that are no UTF-8 as \xNN; spaces other than the plain one,
// characters that show nothing and those that change the direction as \uNNNN; a variation selector
// of an emoji stays.
std::string printable(std::string_view text);

// How many bytes the first character takes; of what is no UTF-8, 1. `text` is not empty.
std::size_t character_size(std::string_view text);

// The same text in ASCII where a mark of ours has another spelling: "✓" is "ok", "…" is "...".
std::string in_ascii(std::string_view text);

}  // namespace couponctl::core
