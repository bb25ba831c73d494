// What can be put under load: a deployment on real servers, and callers that attach to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/user_id.h"

namespace couponctl::load {

using Clock = std::chrono::steady_clock;

// What a design claims. It is judged by this and by nothing else; that nobody who was granted a
// coupon loses it while nothing fails needs no claim.
struct Promise {
  bool never_over_quota = false;  // and never fewer than asked for
  bool one_per_user = false;
  // Once somebody was refused as sold out, nobody who comes later gets one.
  bool first_come_first_served = false;
};

enum class Answer : std::uint8_t { granted, duplicate, sold_out };

// One durable coupon. `durable_at` counts as Clock does; zero where a row is durable by the time
// its request is answered.
struct Row {
  core::UserId user{0};
  std::chrono::nanoseconds durable_at{0};
};

// How long somebody may wait, whom to tell what for, and who may end it.
struct Wait {
  std::stop_token stop;
  Clock::time_point deadline;
  std::function<void(std::string_view)> say = [](std::string_view) {};

  bool over() const { return stop.stop_requested() || Clock::now() >= deadline; }
};

// One who asks, with connections of its own; used by one thread.
class Caller {
 public:
  virtual ~Caller() = default;
  // Asks for a coupon. An error: it is not known whether one was granted. After Fault::unreachable,
  // timeout or garbled its connections are dead, and a new caller has to take over.
  virtual core::Result<Answer> ask(core::UserId user) = 0;
};

// One process's way to a deployment, which it finds by name and where it creates nothing. It holds
// what its callers share, say a producer.
class Attachment {
 public:
  virtual ~Attachment() = default;

  // Called on the thread that will use it, by many at once. Throws core::Failure.
  virtual std::unique_ptr<Caller> caller() = 0;

  // Until nothing that the callers have sent is under way in this process.
  virtual core::Result<void> flush(const Wait&) { return {}; }

  // The same, once nobody asks any more.
  virtual core::Result<void> finish(const Wait& wait) { return flush(wait); }
};

// One design on real servers, where runs follow each other. Whoever makes it calls drop(). What
// attaches to it finds it by name and by the run.
class Deployment {
 public:
  virtual ~Deployment() = default;

  // Begins run number `run`, empty: nothing of another run is ever counted in it. Throws
  // core::Failure.
  virtual void reset(std::int64_t run, const Wait& wait) = 0;

  // How many coupons granted in this run may still become a row. An error: it cannot be told.
  virtual core::Result<std::int64_t> left() { return 0; }
  // What they are: "messages".
  virtual std::string_view left_of() const { return "coupons"; }

  // How many of these wait for those who insert them, or are in their hands.
  virtual core::Result<std::int64_t> queued() { return left(); }

  // Whether this user, were they dead, has left something undone that those in the background find.
  virtual core::Result<bool> has_left_undone(core::UserId) { return false; }

  // Until none is left. An error says why it is not settled; then nothing can be said of who has
  // lost a coupon.
  virtual core::Result<void> drain(const Wait& wait);

  // What its operator does after something has failed and is there again: those who insert are
  // started anew, and what has a command to be mended with is mended.
  virtual void restart(const Wait&) {}

  // After reset(), rest() and the storm: those who insert begin only now, as ones that nobody has
  // seen before. No server knows how far they have read.
  virtual void join_late(const Wait&) {}

  // Once this run is settled: begins another event under the same names, as its operator would.
  // What its operator does not remove is still there; rows() are those of the new event alone.
  virtual void begin_next_event(const Wait&) {}

  // The durable truth of this run.
  virtual core::Result<std::vector<Row>> rows() = 0;

  // Until the next reset() or join_late() nothing of it runs or asks a server anything.
  virtual void rest() {}

  // Removes all that it made. What could not be removed until the deadline is named, and is a
  // leftover for the next bench to sweep.
  virtual core::Result<void> drop(const Wait& wait) = 0;
};

}  // namespace couponctl::load
