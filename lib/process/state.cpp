#include "process/state.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

namespace couponctl::process {
namespace {

// The letter of /proc/<pid>/stat (see proc(5)); '\0' if there is no such process. It stands after
// the program's name in parentheses, which may itself hold any of them.
char state_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto name_end = text.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= text.size() ? '\0' : text[name_end + 2];
}

}  // namespace

bool is_stopped(pid_t pid) { return state_of(pid) == 'T'; }

bool is_gone(pid_t pid) {
  const char state = state_of(pid);
  return state == '\0' || state == 'Z' || state == 'X';
}

}  // namespace couponctl::process
