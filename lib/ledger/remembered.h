// What a writer may remember from one committed transaction to the next. Forgetting is harmless.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace couponctl::ledger {

struct Remembered {
  std::map<std::string, std::int64_t> campaign_ids;
  // By campaign id and epoch: slots 1 to this one were all taken.
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> taken_up_to;
};

}  // namespace couponctl::ledger
