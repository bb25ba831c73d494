// The failure of a wrong flag, variable or key: who says it, what is wrong, what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/failure.h"

namespace couponctl::cli {

class UsageError : public core::Failure {
 public:
  // `speaker` is "couponctl bench", "couponctl", or "" where `what` begins with a file's position.
  UsageError(std::string speaker, const std::string& what, std::string hint = "")
      : core::Failure(core::Exit::usage, what, std::move(hint)), speaker_(std::move(speaker)) {}

  const std::string& speaker() const { return speaker_; }

 private:
  std::string speaker_;
};

// The text in single quotes, shortened and with control characters escaped.
std::string name_it(std::string_view text);

// "Did you mean 'bench'?" with the candidate nearest to `word`; `otherwise` if none is near.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates,
                    std::string otherwise = "");

}  // namespace couponctl::cli
