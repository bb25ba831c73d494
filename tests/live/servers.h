// The real servers of the live tests: one private stack for the whole test binary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "servers/servers.h"
#include "stack/stack.h"

namespace couponctl::live {

// Starts it at the first call; it is taken down when the tests are over. Kafka is always a real
// broker here: without Java and the jars the tests fail, they do not fall back.
stack::Stack& shared_stack();
// Another one, for tests that do harm to it.
stack::Stack start_stack();

servers::Servers servers();
servers::Servers servers_of(const stack::Stack& stack);

// How many keys Redis has that fit the pattern.
std::int64_t redis_keys(const std::string& pattern);

// A couponctl command line on these servers; an address that `words` already names stays.
std::vector<std::string> with_addresses(std::vector<std::string> words,
                                        const stack::Stack& stack = shared_stack());

}  // namespace couponctl::live
