// Is a process stopped, or gone? Throws core::Failure if that cannot be told.
#pragma once

#include <sys/types.h>

namespace couponctl::process {

// By SIGSTOP or its like. waitpid tells of a stop only once, and only the parent; this tells
// anybody, as often as asked.
bool is_stopped(pid_t pid);

// Or dead and not yet reaped.
bool is_gone(pid_t pid);

}  // namespace couponctl::process
