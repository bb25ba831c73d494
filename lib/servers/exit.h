// What does an error of a server mean to the command that met it?
#pragma once

#include "core/failure.h"
#include "mysql/errors.h"
#include "redis/client.h"
#include "servers/wording.h"

namespace couponctl::servers {

// How a command ends that met this error.
inline core::Exit exit_of(const core::Error& error) {
  if (core::ends_connection(error.fault) || redis::is(error, redis::not_ready))
    return core::Exit::unreachable;
  if (error.fault == core::Fault::invalid || redis::is(error, redis::no_auth) ||
      redis::is(error, redis::no_permission) || mysql::classify(error) == mysql::ErrorClass::setup)
    return core::Exit::usage;
  return core::Exit::runtime;
}

// The value; an error ends the command. Each can be run again: every step is safe to repeat.
template <class T>
T or_end(core::Result<T> result) {
  if (result) {
    if constexpr (std::is_void_v<T>)
      return;
    else
      return *std::move(result);
  }
  const auto exit = exit_of(result.error());
  throw core::Failure(exit, wording(result.error()),
                      exit == core::Exit::unreachable ? "Run the command again when it answers: "
                                                        "every step is safe to repeat"
                                                      : "");
}

}  // namespace couponctl::servers
