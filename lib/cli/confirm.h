// The one place that asks before something that cannot be undone.
#pragma once

#include <string>

#include "cli/command_line.h"

namespace couponctl::cli {

// Shows the preview on stderr and returns if `yes` is set or a person answers "y". Throws
// core::Failure(refused) after any other answer, and where nobody is there to be asked.
void confirm(const Context& context, const std::string& preview, const std::string& question,
             bool yes);

}  // namespace couponctl::cli
