// The two stores that an administrative command changes, and what their failures mean to it.
#pragma once

#include "core/failure.h"
#include "mysql/connection.h"
#include "mysql/errors.h"
#include "redis/client.h"

namespace couponctl::issuance {

struct Stores {
  mysql::Connection& database;
  redis::Client& redis;
};

// How a command ends that met this error.
inline core::Exit exit_of(const core::Error& error) {
  if (error.fault == core::Fault::unreachable || error.fault == core::Fault::timeout ||
      error.code == redis::not_ready)
    return core::Exit::unreachable;
  if (error.fault == core::Fault::invalid || error.code == redis::no_auth ||
      error.code == redis::no_permission)
    return core::Exit::usage;
  constexpr int server_codes_begin = 1000;  // MySQL's own; Redis's are few and small
  const bool setup =
      error.code >= server_codes_begin && mysql::classify(error.code) == mysql::ErrorClass::setup;
  return setup ? core::Exit::usage : core::Exit::runtime;
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
  throw core::Failure(exit, result.error().text,
                      exit == core::Exit::unreachable ? "Run the command again when it answers: "
                                                        "every step is safe to repeat"
                                                      : "");
}

}  // namespace couponctl::issuance
