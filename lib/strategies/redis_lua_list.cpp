// One Lua script checks, counts and queues; workers pop the queue and insert.
//
// Fast and right while nothing fails: whoever a worker has popped and not yet inserted is nowhere
// else, and goes with the worker.
#include <embedded/lib/strategies/redis_lua_list.lua.h>

#include <optional>

#include "strategies/list_workers.h"
#include "strategies/tables.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using load::Answer;

class Caller final : public load::Caller {
 public:
  explicit Caller(const Scratch& scratch)
      : limit_(std::to_string(scratch.limit)),
        users_(scratch.key(users_key)),
        queue_(scratch.key(queue_key)),
        client_(connect(scratch.servers.redis)) {}

  Result<Answer> ask(core::UserId user) override {
    const auto number = std::to_string(core::number(user));
    const std::string_view keys[] = {users_, queue_};
    const std::string_view arguments[] = {number, limit_, number};
    const auto said = redis::text(client_.eval(embedded::redis_lua_list_lua, keys, arguments));
    if (!said) return said.error();
    if (*said == "1") return Answer::granted;
    if (*said == "2") return Answer::duplicate;
    return Answer::sold_out;
  }

 private:
  std::string limit_;
  std::string users_;
  std::string queue_;
  redis::Client client_;
};

class TablesAndList final : public TablesAndKeys {
 public:
  using TablesAndKeys::TablesAndKeys;

  void reset(std::int64_t run, const load::Wait& wait) override {
    rest();
    TablesAndKeys::reset(run, wait);
    workers_.emplace(scratch());
  }
  Result<std::int64_t> left() override { return workers_->left(); }
  std::string_view left_of() const override { return "winners in the list"; }
  void restart(const load::Wait&) override { workers_.emplace(scratch()); }
  void join_late(const load::Wait& wait) override { restart(wait); }  // the list is as it is
  void begin_next_event(const load::Wait& wait) override {
    TablesAndKeys::begin_next_event(wait);
    restart(wait);  // the rows of the event before are not theirs
  }
  Result<std::vector<load::Row>> rows() override {
    auto rows = TablesAndKeys::rows();
    if (rows && workers_) add_times(*rows, workers_->landed());
    return rows;
  }
  void rest() override { workers_.reset(); }
  Result<void> drop(const load::Wait& wait) override {
    rest();
    return TablesAndKeys::drop(wait);
  }

 private:
  std::optional<ListWorkers> workers_;  // of one run
};

const Register<TablesAndList, EachAlone<Caller>> registered{
    {.name = "redis-lua-list",
     .summary = "one script checks, counts and queues; workers pop the queue and insert",
     .step = 130,
     .promise = {.never_over_quota = true, .one_per_user = true, .first_come_first_served = true},
     .needs = {.redis = true}}};

}  // namespace
}  // namespace couponctl::strategies
