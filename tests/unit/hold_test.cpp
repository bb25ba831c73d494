#include "race/hold.h"

#include <gtest/gtest.h>

#include <atomic>

#include "core/command_hook.h"
#include "load/workers.h"

namespace couponctl::race {
namespace {

using core::Result;
using load::Answer;

void send(core::Server server, std::string_view name) {
  if (auto* const hook = core::command_hook()) hook->before({server, name, {&name, 1}});
}

// Count, then insert, in memory; or under a lock.
struct Table final : load::Attachment {
  explicit Table(std::int64_t quota, bool is_locked = false) : limit(quota), locks(is_locked) {}

  struct Caller final : load::Caller {
    explicit Caller(Table& owner) : table(owner) {}
    Result<Answer> ask(core::UserId) override {
      std::unique_lock lock(table.mutex, std::defer_lock);
      if (table.locks) lock.lock();
      send(core::Server::mysql, "SELECT");
      const auto count = table.rows.load();
      if (count >= table.limit) return Answer::sold_out;
      send(core::Server::mysql, "INSERT");
      ++table.rows;
      return Answer::granted;
    }
    Table& table;
  };
  std::unique_ptr<load::Caller> caller() override { return std::make_unique<Caller>(*this); }

  const std::int64_t limit;
  const bool locks;
  std::mutex mutex;
  std::atomic<std::int64_t> rows = 0;
};

std::int64_t rows_after(Table& table, Hold& hold) {
  const auto held = hold.around(table);
  const auto load = load::run({.threads = 16, .requests = 500}, *held, {}, [](auto) {});
  EXPECT_EQ(load.answered, 500);
  return table.rows;
}

TEST(Hold, MakesTheRaceCertain) {
  for (const int callers : {1, 2, 5, 16}) {
    Table table(20);
    Hold hold(callers, 20);
    EXPECT_EQ(rows_after(table, hold), 19 + callers);
    EXPECT_EQ(hold.held(), callers);
  }
}

TEST(Hold, GivesUpWhereTheDesignKeepsTheOthersOut) {
  Table table(20, true);
  Hold hold(5, 20);
  EXPECT_EQ(rows_after(table, hold), 20);
  EXPECT_EQ(hold.held(), 1);
}

TEST(Hold, IsNotWaitedForByThoseWhoAreRefused) {
  Table table(0);
  Hold hold(5, 20);
  EXPECT_EQ(rows_after(table, hold), 0);
  EXPECT_EQ(hold.held(), 0);
}

}  // namespace
}  // namespace couponctl::race
