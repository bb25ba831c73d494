#include "process/state.h"

#include <fmt/format.h>

#include "core/failure.h"
#include "process/read.h"

namespace couponctl::process {
namespace {

// The letter of /proc/<pid>/stat (see proc(5)); '\0' if there is no such process. It stands after
// the program's name in parentheses, which may itself hold any of them.
char state_of(pid_t pid) {
  const auto path = fmt::format("/proc/{}/stat", pid);
  const auto stat = core::or_throw(read_proc(path), core::Exit::runtime);
  if (!stat) return '\0';
  const auto name_end = stat->rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= stat->size())
    throw core::Failure(core::Exit::runtime, path + " is not as expected");
  return (*stat)[name_end + 2];
}

}  // namespace

bool is_stopped(pid_t pid) { return state_of(pid) == 'T'; }

bool is_gone(pid_t pid) {
  const char state = state_of(pid);
  return state == '\0' || state == 'Z' || state == 'X';
}

}  // namespace couponctl::process
