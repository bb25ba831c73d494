// Owns a C library's handle and frees it with the library's own function.
#pragma once

#include <memory>

namespace couponctl::core {

template <auto Free>
struct Freed {
  void operator()(auto* handle) const noexcept { Free(handle); }
};

// Handle<redisReply, freeReplyObject>: as small as the bare pointer.
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freed<Free>>;

}  // namespace couponctl::core
