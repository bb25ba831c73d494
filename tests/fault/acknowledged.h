// Who asked for a coupon, and who was told what? The driver's own log, which no product code wrote.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace couponctl::fault {

// Who has the place, as far as the applicant was told.
enum class Holder { nobody, redis, kafka, ledger };

struct Told {
  std::int64_t user = 0;
  std::string decision;  // "QUEUED"
  std::int64_t seq = 0;  // 0: none was named
  std::string ack;       // what was asked for
  std::string reason = "";
  std::chrono::steady_clock::time_point at = {};

  // Of a duplicate: what --ack has waited for.
  Holder holder() const;
};

// What one line of `apply --output json` says; nullopt if it is no such line.
std::optional<Told> read_told(std::string_view line);

// Any thread may add to it.
class Acknowledged {
 public:
  void asks(std::int64_t user);
  void told(const Told& told);

  std::set<std::int64_t> applicants() const;
  std::vector<Told> answers() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::int64_t> applicants_;
  std::vector<Told> answers_;
};

}  // namespace couponctl::fault
