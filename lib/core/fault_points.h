// Where may the fault driver end this process, or plant a bug? Nothing of it is in what ships.
#pragma once

namespace couponctl::core {

#ifdef COUPONCTL_FAULTS
// Ends the process with SIGKILL at the n-th passage if COUPONCTL_KILLPOINT is "name:n", or stops it
// with SIGSTOP if it is "name:n:stop".
void kill_point(const char* name);
// Whether COUPONCTL_PLANTED names this bug: the driver must notice it.
bool planted(const char* bug);
#else
inline void kill_point(const char*) {}
constexpr bool planted(const char*) { return false; }
#endif

}  // namespace couponctl::core
