// What a design must provide to be raced by the bench, and the list of those that do.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/user_id.h"
#include "servers/servers.h"

namespace couponctl::strategies {

// What a design claims. The bench judges it by this and by nothing else.
struct Promise {
  bool never_over_quota = false;
  bool one_per_user = false;
  bool across_processes = false;
  bool nothing_lost_under_faults = false;
};

struct Needs {
  bool redis = false;
  bool kafka = false;
  bool mysql = true;  // where the rows are counted
};

struct Info {
  std::string_view name;     // as typed after --strategy
  std::string_view summary;  // one line
  int step = 0;              // its place in the story: the order of the listing
  Promise promise{};
  Needs needs{};
};

// Where one strategy may write; all of it is removed when the strategy is destroyed.
struct Scratch {
  std::string name;  // names the database, the topic and the prefix of every key
  servers::Servers servers;
  std::int64_t limit = 100;  // coupons

  mysql::Address database() const;                 // the server's address with the database
  std::string key(std::string_view suffix) const;  // "<name>:coupon_count"
};

enum class Answer : std::uint8_t { granted, duplicate, sold_out };

// One caller of the design, with connections of its own; used by one thread.
class Applicant {
 public:
  virtual ~Applicant() = default;
  // Asks for a coupon. An error is counted as a failed request.
  virtual core::Result<Answer> apply(core::UserId user) = 0;
};

// One design on real servers. The constructor makes its scratch area and throws core::Failure.
class Strategy {
 public:
  virtual ~Strategy() = default;

  // Starts an empty round; nothing of an earlier one may count. Throws core::Failure.
  virtual void reset() = 0;

  // A new caller; called on the thread that will use it. Throws core::Failure.
  virtual std::unique_ptr<Applicant> applicant() = 0;

  // Waits until every coupon granted in this round is a row or has failed. Returns, for designs
  // that write later, the time from each grant's request to its durable row; for others nothing.
  virtual core::Result<std::vector<std::chrono::nanoseconds>> settle() {
    return std::vector<std::chrono::nanoseconds>();
  }

  // The durable truth: the user of each row in the coupon table.
  virtual core::Result<std::vector<core::UserId>> issued() = 0;
};

struct Entry {
  Info info;
  std::function<std::unique_ptr<Strategy>(const Scratch&)> make;
};

// Every strategy of this build, in the order of its step.
std::vector<Entry> all();

// A strategy's file ends with `const Register<Itself> registered{{.name = …}};`
void add(Entry entry);

template <class T>
struct Register {
  explicit Register(Info info) {
    add({info, [](const Scratch& scratch) { return std::make_unique<T>(scratch); }});
  }
};

}  // namespace couponctl::strategies
