// Where do trials take place? On servers of one worker's own, reached through proxies that do harm.
#pragma once

#include <filesystem>
#include <string>

#include "fault/raw_stores.h"
#include "faults/injector.h"
#include "stack/stack.h"

namespace couponctl::fault {

// For one thread at a time.
class Arena {
 public:
  // `supervisor` is a couponctl; the servers live in `directory`.
  Arena(const std::filesystem::path& supervisor, const std::filesystem::path& directory);

  // A fresh database, topic and campaign, on servers that are well. What an earlier trial left in
  // Redis is gone.
  Whereabouts begin(int partitions);
  void end(const Whereabouts& trial);

  faults::Injector& injector() { return injector_; }
  std::string brokers() const { return servers_.addresses().kafka.text(); }

  // The product's user in the database, who may not write while it is read-only.
  static constexpr const char* user = "issuer";

 private:
  stack::Stack servers_;
  faults::Injector injector_;
  int trials_ = 0;
};

}  // namespace couponctl::fault
