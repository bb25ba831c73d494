#include "load/history.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "core/failure.h"
#include "load/users.h"

namespace couponctl::load {
namespace {

using core::UserId;

// Of this process, in KiB; of what lies in memory now, not of what a file holds.
std::int64_t memory_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stoll(line.substr(8));
  return -1;
}

TEST(History, GivesBackEveryCallOfEveryWriter) {
  constexpr std::int64_t calls_each = 10'000;
  History history;
  std::vector<std::thread> writers;
  for (std::int64_t w = 0; w < 4; ++w)
    writers.emplace_back([&, w] {
      History::Writer writer(history);
      for (std::int64_t i = 0; i < calls_each; ++i)
        writer.append({.user = UserId{w * calls_each + i}, .due_ns = i});
      writer.flush();
    });
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(history.size(), 4 * calls_each);
  std::vector<bool> seen(4 * calls_each);
  std::int64_t last[4] = {-1, -1, -1, -1};
  history.for_each([&](const Call& call) {
    const auto user = static_cast<std::size_t>(core::number(call.user));
    EXPECT_FALSE(seen[user]);
    seen[user] = true;
    auto& before = last[user / calls_each];
    EXPECT_GT(call.due_ns, before) << "a writer's calls stay in their order";
    before = call.due_ns;
  });
  EXPECT_EQ(std::ranges::count(seen, true), 4 * calls_each);
}

TEST(History, KeepsMemoryFlat) {
  History history;
  History::Writer writer(history);
  for (int i = 0; i < 1000; ++i) writer.append({});
  const auto before = memory_kib();
  ASSERT_GT(before, 0);
  for (int i = 0; i < 2'000'000; ++i) writer.append({});  // 80 MB
  writer.flush();
  std::int64_t calls = 0;
  history.for_each([&](const Call&) { ++calls; });
  EXPECT_EQ(calls, 2'001'000);
  EXPECT_LT(memory_kib() - before, 8 * 1024);
}

TEST(History, TakesWhatAnotherProcessHasWrittenAndNoPartOfACall) {
  History theirs;
  {
    History shared{process::FileDescriptor(::dup(theirs.descriptor()))};
    History::Writer writer(shared, 1);
    writer.append({.user = UserId{7}, .outcome = Outcome::granted});
    writer.append({.user = UserId{8}, .outcome = Outcome::sold_out});
  }
  // Killed in the middle of a write: a hole before what another of its threads wrote, and a part.
  const Call third{.user = UserId{9}, .outcome = Outcome::unknown};
  ASSERT_EQ(::pwrite(theirs.descriptor(), &third, sizeof third, 3 * sizeof third), 40);
  ASSERT_EQ(::pwrite(theirs.descriptor(), &third, 10, 4 * sizeof third), 10);
  History history;
  history.take(theirs);
  std::vector<UserId> users;
  history.for_each([&](const Call& call) { users.push_back(call.user); });
  EXPECT_EQ(users, (std::vector{UserId{7}, UserId{8}, UserId{9}}));
}

TEST(History, NamesTheDirectoryWhereItCannotBeMade) {
  const std::string before = ::getenv("TMPDIR") ? ::getenv("TMPDIR") : "";
  ::setenv("TMPDIR", "/proc", 1);
  try {
    History history;
    ADD_FAILURE() << "nothing can be made in /proc";
  } catch (const core::Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("/proc"), std::string::npos) << failure.what();
  }
  before.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before.c_str(), 1);
}

TEST(UserOf, FollowsTheKindOfUsers) {
  EXPECT_EQ(user_of({}, 7, 41), UserId{42});
  EXPECT_EQ(user_of({Users::Kind::same, 0}, 7, 41), UserId{1});
  const Users ten{Users::Kind::random, 10};
  std::vector<bool> drawn(11);
  for (int i = 0; i < 1000; ++i)
    drawn.at(static_cast<std::size_t>(core::number(user_of(ten, 7, i)))) = true;
  EXPECT_EQ(std::ranges::count(drawn, true), 10);
  EXPECT_FALSE(drawn[0]);
  EXPECT_EQ(user_of(ten, 7, 5), user_of(ten, 7, 5));
}

}  // namespace
}  // namespace couponctl::load
