// Connects to a server, or says what to do about it.
#pragma once

#include "core/failure.h"
#include "servers/servers.h"

namespace couponctl::servers {

// The failure to connect: usage if the server refuses the user, or MySQL has no such database, else
// unreachable. Its hint names the option and the variable.
core::Failure cannot_connect(const redis::Address& address, const core::Error& error);
core::Failure cannot_connect(const kafka::Cluster& cluster, const core::Error& error);
core::Failure cannot_connect(const mysql::Address& address, const core::Error& error);

// The value; an error is thrown as the failure to connect to that address.
template <class T, class Address>
T connected(core::Result<T> result, const Address& address) {
  if (!result) throw cannot_connect(address, result.error());
  return *std::move(result);
}

// A connection that the server lets give commands.
redis::Client connect(const redis::Address& address);

}  // namespace couponctl::servers
