// The real servers of the live tests: one private stack for the whole test binary.
#pragma once

#include "stack/stack.h"
#include "strategies/backends.h"

namespace couponctl::live {

// Starts it at the first call; it is taken down when the tests are over. Kafka is always a real
// broker here: without Java and the jars the tests fail, they do not fall back.
stack::Stack& servers();

strategies::Backends backends();

}  // namespace couponctl::live
