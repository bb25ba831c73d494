// Opens, closes, resizes and reschedules campaigns: keeps database and Redis in step, whatever is
// killed between.
//
// Always: where Redis is open the database is open, and Redis's quota is at most the database's. So
// opening and raising begin with the database, closing and lowering with Redis. The window that
// counts for admission is Redis's; what is cut off between the two is seen. Each function holds
// the campaign's AdminLock, and throws core::Failure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "admin/stores.h"
#include "core/campaign.h"
#include "ledger/campaigns.h"

namespace couponctl::admin {

constexpr std::int64_t quota_default = 100;
constexpr std::int64_t quota_max = 1'000'000'000;
// 4 MB of Redis's memory, and what is handed off in seconds: more means that nobody hands off.
constexpr std::int64_t outbox_max_default = 100'000;

// The meta hash.
struct Meta {
  std::string state;              // open, closed, recovering, resetting
  std::string state_before = "";  // of one that is recovering
  std::int64_t quota = 0;
  core::Window window;
  std::int64_t epoch = 0;
  std::string run_id;  // of the server that the campaign was opened or recovered on
  std::int64_t outbox_max = 0;
};

// nullopt: Redis knows nothing of the campaign. An error with redis::wrong_type if the meta is no
// hash, and Fault::refused with the word CORRUPT if a field is not what it should be.
core::Result<std::optional<Meta>> read_meta(redis::Client& redis, const std::string& campaign);

// The terms that were asked for; one that was not keeps what the campaign has, also in its next
// epoch, or the default.
struct Terms {
  std::optional<std::int64_t> quota = {};
  std::optional<std::int64_t> opens_at_ms = {};  // 0: no bound
  std::optional<std::int64_t> closes_at_ms = {};
  std::optional<std::int64_t> outbox_max = {};
};

enum class Opened { new_epoch, reopened, was_open };

struct Opening {
  Opened how = Opened::new_epoch;
  ledger::Campaign campaign;
  std::int64_t epoch_named = 0;  // as it was told, of a new epoch
};

// Usage: the campaign has other terms, a new one would have ended already, or Redis holds what the
// database does not know. Unreachable: Redis has lost or is about to restore what it knew (then
// only `recover` may open the campaign). `epoch_named` is asked where an epoch begins, and tells
// which are taken: admin::epoch_named().
Opening open(const Stores& stores, const std::string& name, const Terms& terms,
             const std::function<std::int64_t()>& epoch_named);

// Of a campaign whose name nobody had before: no message names an epoch of it. One that was reset
// has begun above all that are named.
inline std::int64_t no_epoch_named() { return 0; }

// The epoch after that one. Throws core::Failure(runtime) if it is the last.
std::int64_t epoch_after(const std::string& name, std::int64_t epoch);

// False if it was closed already.
bool close(const Stores& stores, const std::string& name);

// 1..quota_max; returns the quota before. Runtime: more coupons than that are given out.
std::int64_t set_quota(const Stores& stores, const std::string& name, std::int64_t quota);

// The bounds that were asked for; the others stay. Returns the window before. Usage: it would end
// before it begins, or has ended by Redis's clock.
core::Window set_window(const Stores& stores, const std::string& name,
                        std::optional<std::int64_t> opens_at_ms,
                        std::optional<std::int64_t> closes_at_ms);

// The database's current epoch; throws core::Failure(usage) that names `campaign open`, or the ways
// out if only Redis knows it.
ledger::Campaign known_campaign(const Stores& stores, const std::string& name);

// Why a Redis may lose acknowledged admissions.
struct Hazard {
  std::string text;     // with its hint
  bool passes = false;  // it is no matter of configuration
};

// Empty if it is fit.
std::vector<Hazard> hazards(redis::Client& redis);

}  // namespace couponctl::admin
