// A connection that brings some bytes and then breaks instead of coming to its end.
#pragma once

#include <cstdint>
#include <string>

#include "process/file_descriptor.h"

namespace couponctl::test {

class BrokenInput {
 public:
  // Listens on loopback, on a port that the kernel chose.
  explicit BrokenInput(std::string bytes);

  std::uint16_t port() const { return port_; }
  bool accept();  // waits 20 s for somebody to connect, and sends him the bytes
  void reset();   // breaks the connection

 private:
  std::string bytes_;
  process::FileDescriptor listener_, connection_;
  std::uint16_t port_ = 0;
};

}  // namespace couponctl::test
