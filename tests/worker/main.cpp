// A worker process: attaches to a deployment that another process has made, by its name alone, and
// asks. Prints how many coupons it was granted and how many requests failed.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "core/failure.h"
#include "load/workers.h"
#include "strategies/strategy.h"

namespace {

using namespace couponctl;

template <class T>
T number(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

int work(const std::vector<std::string_view>& words) {
  strategies::Scratch scratch{.name = std::string(words.at(1)),
                              .limit = number<std::int64_t>(words.at(3)),
                              .run = number<std::int64_t>(words.at(2))};
  scratch.servers.redis.port = number<std::uint16_t>(words.at(5));
  scratch.servers.kafka = kafka::Cluster(std::string(words.at(6)));
  scratch.servers.mysql.port = number<std::uint16_t>(words.at(7));
  scratch.servers.mysql.user = words.at(8);
  scratch.servers.mysql.password = words.at(9);
  auto strategies = strategies::all();
  const auto strategy =
      std::ranges::find(strategies, words.at(0), [](const auto& one) { return one.info.name; });
  const auto attachment = strategy->attach(scratch);
  const load::Plan plan{.threads = 8, .requests = number<std::int64_t>(words.at(4))};
  const auto load = load::run(plan, *attachment, {}, [](auto) {});
  const auto finished =
      attachment->finish({.stop = {}, .deadline = load::Clock::now() + std::chrono::seconds(30)});
  std::int64_t granted = 0;
  load.history->for_each(
      [&](const load::Call& call) { granted += call.outcome == load::Outcome::granted; });
  fmt::print("{} {}\n", granted, load.failed + (finished ? 0 : 1));
  return 0;
}

}  // namespace

// STRATEGY SCRATCH RUN LIMIT REQUESTS REDIS_PORT BROKERS MYSQL_PORT MYSQL_USER MYSQL_PASSWORD
int main(int argc, char** argv) {
  try {
    return work({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
