// Are the servers such that they keep what they have acknowledged? Asked before anybody is
// admitted.
#pragma once

#include <functional>
#include <string>

#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::admin {

// Told what is wrong where it was asked to go on all the same.
using Warn = std::function<void(const std::string& what)>;

// Each throws core::Failure (usage; unreachable for what may pass by itself) that names what is
// wrong and its hint; with `allow_unsafe` it only warns. `where` is the address, for messages.
void require_fit(redis::Client& redis, const std::string& where, bool allow_unsafe,
                 const Warn& warn);
void require_fit(mysql::Connection& database, bool allow_unsafe, const Warn& warn);

}  // namespace couponctl::admin
