// Applies for coupons: admits in Redis, hands the winners over, waits for what was asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "issuance/admission.h"
#include "issuance/handover.h"
#include "mysql/connection.h"

namespace couponctl::issuance {

// How safe a place must be before its holder is told: admitted by Redis, written by Kafka, or a row
// in the ledger.
enum class Ack { redis, kafka, ledger };

struct ApplyOptions {
  redis::Address redis = {};
  mysql::Address mysql = {};  // asked with Ack::ledger only
  std::string campaign = "default";
  Ack ack = Ack::kafka;
  std::chrono::milliseconds timeout{5000};  // from asking to being told
};

// What one applicant is told.
struct Applied {
  core::UserId user{0};
  core::Decision decision = core::Decision::unavailable;
  std::int64_t seq = 0;          // of one who holds a place
  std::string reason = "";       // of unavailable and in_doubt
  bool kafka_is_silent = false;  // in doubt for that
};

// One applicant's connections; used by one thread.
class Apply {
 public:
  // `handover` outlives this; with Ack::redis it may be nullptr, since then the relay hands over.
  // Throws core::Failure(unreachable) if Redis does not answer.
  Apply(const ApplyOptions& options, Handover* handover);

  // The connection that it was made with; only before the first apply().
  redis::Client& redis() { return admission_->client(); }
  // So that the first apply() asks Redis in one command; the same.
  core::Result<void> prepare() { return admission_->prepare(); }

  // Asks for all of these users at once, 1..admit_users_max, and returns what each is told, in
  // their order. What is not known is in_doubt or unavailable; asking again is always safe.
  std::vector<Applied> apply(std::span<const core::UserId> users);

  // The same in two steps: whoever asks first is admitted first, and others may ask before this
  // one's places are where options.ack wants them.
  struct Asked;
  Asked ask(std::span<const core::UserId> users);
  std::vector<Applied> finish(Asked asked);
  // Whether finish() leaves what ask() has told this one as it is.
  bool is_final(const Applied& applied) const;

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Places;

  std::vector<Applied> ask(std::span<const core::UserId> users, Places& places, Deadline deadline);
  core::Result<void> connect_if_broken();
  std::vector<Applied> tell(std::span<const core::UserId> users, const Admitted& admitted,
                            const Applied& before, Places& places) const;
  void hand_over(std::vector<Applied>& applied, Places& places, Deadline deadline);
  Places ask_again(std::vector<Applied>& applied, const Places& places,
                   const std::set<std::size_t>& acknowledged, Deadline deadline);
  core::Result<std::optional<OutboxEntry>> outbox_entry(const std::string& id);
  void add_waiting_duplicates(std::vector<Applied>& applied, Places& places);
  bool forget(Places& places, const std::set<std::size_t>& acknowledged);
  void await_rows(std::vector<Applied>& applied, std::int64_t epoch, Deadline deadline) const;

  ApplyOptions options_;
  redis::Timeouts timeouts_;            // Redis's share of options_.timeout
  std::optional<Admission> admission_;  // none after it broke
  Handover* handover_;
};

// The winners that are to be handed over, and the outbox entries they stand in.
struct Apply::Places {
  std::int64_t epoch = 0;
  std::vector<std::string> entry_of = {};  // by place in the list of users
  std::vector<Winner> winners = {};
  std::vector<std::size_t> place_of = {};  // by winner
  std::map<std::string, std::set<core::UserId>> entry_users =
      {};  // all users of each entry we know
};

struct Apply::Asked {
  std::vector<Applied> applied;
  Places places;
  Deadline deadline;
};

}  // namespace couponctl::issuance
