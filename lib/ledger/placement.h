// Gives the applicants of one locked campaign their slots, as far as there are any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ledger/issue.h"
#include "ledger/slots.h"

namespace couponctl::ledger {

struct Applicant {
  std::int64_t user = 0;
  std::int64_t seq = 0;
  std::size_t arrival = 0;  // its place in the batch, and of its outcome
};

class Placement {
 public:
  Placement(mysql::Connection& connection, Remembered& remembered, const LockedCampaign& campaign,
            std::vector<Outcome>& outcomes)
      : connection_(connection),
        campaign_(campaign),
        slots_(connection, remembered, campaign),
        outcomes_(outcomes) {}

  // Applicants sorted by user, none twice.
  core::Result<void> place(std::span<const Applicant> applicants);

 private:
  core::Result<void> place_chunk(std::span<const Applicant> applicants);
  core::Result<void> place_who_holds_none(std::span<const Applicant> applicants);
  core::Result<void> single_out(std::span<const Applicant> applicants, const core::Error& error);
  core::Result<void> insert(std::span<const Applicant> applicants,
                            const std::vector<std::int64_t>& slots);

  mysql::Connection& connection_;
  const LockedCampaign& campaign_;
  Slots slots_;
  std::vector<Outcome>& outcomes_;
};

}  // namespace couponctl::ledger
