// Turns the settings into the addresses that the clients take.
#pragma once

#include "cli/settings.h"
#include "servers/servers.h"
#include "stack/stack.h"

namespace couponctl::cmd {

servers::Servers servers_of(const cli::Globals& globals);
servers::Servers servers_of(const stack::Addresses& addresses);

}  // namespace couponctl::cmd
