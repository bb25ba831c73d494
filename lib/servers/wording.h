// How is it said that a server does not answer? In the same words everywhere.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace couponctl::servers {

// "cannot reach Redis at h:6379: connection refused".
std::string cannot_reach(std::string_view name, std::string_view where, std::string_view cause);

// The same of an error that ends a connection and begins as the clients' do ("redis h:6379: …");
// the text of any other as it is.
std::string wording(const core::Error& error);

}  // namespace couponctl::servers
