// Applies for callers who each have one user: those who wait at the same moment are asked about in
// one call, as databases commit for many at once.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "issuance/apply.h"

namespace couponctl::issuance {

// What the callers of a process share. One of those who wait leads: with its own connections it
// asks for all of them. Whoever is refused is told at once, but for the one who leads, and the
// others when the leader has their places where ApplyOptions::ack wants them; then the next one
// leads, or a little before.
class GroupApply {
 public:
  // Called by many at once, each with an Apply of its own and all with the same options. It may
  // take ApplyOptions::timeout twice: the leader before may have to wait for Redis so long, too.
  //
  // Throws what its Apply throws. Whoever it has asked for is asked about by another if Redis was
  // not asked yet, and is in doubt if it was.
  Applied apply(Apply& own, core::UserId user);

  // How many nobody has asked for yet.
  std::size_t waiting() const;

 private:
  class Waiter;
  struct Batch {
    std::vector<core::UserId> users;
    std::vector<std::vector<Waiter*>> waiters;  // for each user; none once they are told
  };
  class Locked;
  using Whom = std::function<bool(const Applied&)>;

  void lead(Apply& own, Waiter& self);
  Batch take_batch();
  // The others with the lock.
  void pass_on(Locked& locked);
  static void tell(Batch& batch, const std::vector<Applied>& applied, const Whom& whom,
                   Locked& locked);
  void put_back(const Batch& batch, const Waiter& self);

  mutable std::mutex mutex_;   // guards what follows
  std::deque<Waiter*> queue_;  // nobody asks for them yet
  int asking_ = 0;             // batches: 1 at the most
  int handing_over_ = 0;       // and these
};

}  // namespace couponctl::issuance
