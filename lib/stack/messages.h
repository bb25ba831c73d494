// What do supervisor and owner say to each other? One line of JSON for each thing said.
#pragma once

#include <string>
#include <string_view>

#include "core/failure.h"
#include "stack/stack.h"

namespace couponctl::stack {

// An answer is exactly one of these.
struct Message {
  enum class Kind { progress, done, failed };
  Kind kind;
  std::string text;  // the progress line, or what failed
  core::Exit exit = core::Exit::ok;
  std::string hint;
  std::optional<Status> status;  // comes with done
};

std::string progress_message(std::string_view text);
std::string done_message(const Status& status);
std::string failed_message(const core::Failure& failure);

Message read_message(const std::string& text);  // throws core::Failure if it is none

// Adds a server, and its address to the addresses.
void add(Status& status, const ServerStatus& server);

}  // namespace couponctl::stack
