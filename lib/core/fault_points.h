// Where may the fault driver end this process? Nothing of it is in what ships.
#pragma once

namespace couponctl::core {

#ifdef COUPONCTL_FAULTS
// Ends the process with SIGKILL at the n-th passage if COUPONCTL_KILLPOINT is "name:n", or stops it
// with SIGSTOP if it is "name:n:stop".
void kill_point(const char* name);
#else
inline void kill_point(const char*) {}
#endif

}  // namespace couponctl::core
