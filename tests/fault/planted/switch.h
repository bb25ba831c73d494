// Is this planted bug switched on? Included by force in all sources of the test build that the
// patches beside this file are applied to.
#pragma once

namespace couponctl::fault {

// Whether COUPONCTL_PLANTED names it.
bool planted(const char* bug);

}  // namespace couponctl::fault
