#include "cli/usage_error.h"

#include <algorithm>
#include <numeric>

#include "core/parse.h"

namespace couponctl::cli {
namespace {

// A longer word than any name of ours is no typo, and would cost quadratic time.
constexpr std::size_t word_max = 64;

// Levenshtein: the fewest single-character edits that turn one word into the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t swapped = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, swapped});
    }
  }
  return row.back();
}

}  // namespace

std::string name_it(std::string_view text) {
  auto quoted = core::quote(text);
  quoted.front() = quoted.back() = '\'';
  return quoted;
}

std::string suggest(std::string_view word, const std::vector<std::string>& candidates,
                    std::string otherwise) {
  if (word.size() > word_max) return otherwise;
  const std::string* nearest = nullptr;
  // Two edits, or a third of a long word: "bnech" is near "bench", "x" is near nothing.
  std::size_t limit =
      std::min(word.size() - word.size() / 2, std::max<std::size_t>(2, word.size() / 3));
  for (const auto& candidate : candidates) {
    const auto edits = distance(word, candidate);
    if (edits > limit || (nearest != nullptr && edits == limit)) continue;
    nearest = &candidate;
    limit = edits;
  }
  return nearest == nullptr ? otherwise : "Did you mean " + name_it(*nearest) + "?";
}

}  // namespace couponctl::cli
