// Turns the settings into the addresses that the clients take.
#pragma once

#include "couponctl/settings.h"
#include "stack/stack.h"
#include "strategies/backends.h"

namespace couponctl::cmd {

strategies::Backends backends_of(const Globals& globals);
strategies::Backends backends_of(const stack::Addresses& addresses);

}  // namespace couponctl::cmd
