#include "race/storm_task.h"

#include <gtest/gtest.h>

namespace couponctl::race {
namespace {

using namespace std::chrono_literals;

TEST(StormTask, IsReadAsItIsWritten) {
  StormTask task{.strategy = "redis-incr",
                 .scratch = {.name = "couponctl_bench_1_x",
                             .limit = 7,
                             .workers = 3,
                             .count_key = "couponCount",
                             .lease = 11ms,
                             .grace = 12ms,
                             .send_within = 13ms,
                             .run = 4},
                 .load = {.threads = 5,
                          .requests = 99,
                          .per_second = 2.5,
                          .users = {.kind = load::Users::Kind::random, .count = 17},
                          .seed = 18'446'744'073'709'551'615U,
                          .history_kept = 1},
                 .first_worker = 6};
  task.scratch.servers.redis = {
      .host = "r", .port = 1, .unix_path = "/r", .database = 2, .user = "ru", .password = "r \"\n"};
  task.scratch.servers.kafka = kafka::Cluster("k:1,k:2", {{"security.protocol", "ssl"}});
  task.scratch.servers.mysql = {
      .host = "m", .port = 3, .unix_socket = "/m", .user = "mu", .password = "mp", .database = "d"};
  const auto line = written(task);
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
  const auto read = read_task(line);
  EXPECT_EQ(read.strategy, "redis-incr");
  EXPECT_EQ(read.scratch.name, "couponctl_bench_1_x");
  EXPECT_EQ(read.scratch.count_key, "couponCount");
  EXPECT_EQ(read.scratch.send_within, 13ms);
  EXPECT_EQ(read.scratch.servers.redis.password, "r \"\n");
  EXPECT_EQ(read.scratch.servers.kafka.properties, task.scratch.servers.kafka.properties);
  EXPECT_EQ(read.load.users.kind, load::Users::Kind::random);
  EXPECT_EQ(read.load.seed, task.load.seed);
  EXPECT_EQ(written(read), line);
}

TEST(StormReport, IsReadAsItIsWritten) {
  const StormReport report{
      .part = {.answered = 5,
               .failed = 2,
               .first_error = "mysql: \"gone\"",
               .broken = "no room",
               .finished_at = load::Clock::time_point(load::Clock::duration(123'456'789'012))},
      .no_caller = "too many",
      .unfinished = "3 messages"};
  const auto read = read_report(written(report));
  EXPECT_EQ(read.part.finished_at, report.part.finished_at);
  EXPECT_EQ(read.part.first_error, "mysql: \"gone\"");
  EXPECT_EQ(written(read), written(report));
}

}  // namespace
}  // namespace couponctl::race
