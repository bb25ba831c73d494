#include "strategies/strategy.h"

#include <algorithm>

namespace couponctl::strategies {
namespace {

// A function's static, because entries arrive while other files' statics are being made.
std::vector<Entry>& entries() {
  static std::vector<Entry> list;
  return list;
}

}  // namespace

mysql::Address Scratch::database() const {
  auto address = servers.mysql;
  address.database = name;
  return address;
}

std::string Scratch::key(std::string_view suffix) const { return name + ":" + std::string(suffix); }

std::vector<Entry> all() {
  auto list = entries();
  std::ranges::sort(list, {}, [](const Entry& entry) { return entry.info.step; });
  return list;
}

void add(Entry entry) { entries().push_back(std::move(entry)); }

}  // namespace couponctl::strategies
