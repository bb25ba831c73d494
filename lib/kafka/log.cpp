#include "kafka/log.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

namespace couponctl::kafka {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using Clock = std::chrono::steady_clock;

// No offset is committed in it, and nobody joins it.
constexpr const char* group_of_nobody = "couponctl_log";
constexpr std::chrono::milliseconds poll_timeout{100};

Error refused(const std::string& topic, std::int32_t partition, const std::string& why) {
  return {
      Fault::refused, {}, fmt::format("kafka topic '{}' partition {} {}", topic, partition, why)};
}

// Where each of these partitions ends, if it reaches from its offset to there.
Result<Offsets> ends_of(const Cluster& cluster, const std::string& topic, const Offsets& begin,
                        std::chrono::milliseconds timeout) {
  const auto marks = Admin(cluster, timeout).watermarks(topic);
  if (!marks) return marks.error();
  Offsets ends;
  for (const auto& [partition, offset] : begin) {
    const auto mark = marks->find(partition);
    if (mark == marks->end()) return refused(topic, partition, "does not exist");
    const auto [low, high] = mark->second;
    if (offset < low)
      return refused(topic, partition, fmt::format("begins at {}, after {}", low, offset));
    if (offset > high)
      return refused(topic, partition, fmt::format("ends at {}, before {}", high, offset));
    ends[partition] = high;
  }
  return ends;
}

// Which partitions are not read to their end yet.
class Remainder {
 public:
  Remainder(const Offsets& begin, const Offsets& ends) : ends_(ends) {
    for (const auto& [partition, offset] : begin) reached(partition, offset);
  }

  // All before this offset was read.
  void reached(std::int32_t partition, std::int64_t offset) {
    if (offset < ends_.at(partition))
      left_.insert(partition);
    else
      left_.erase(partition);
  }
  // There is no more to be read, though a transaction may be under way before the end.
  void ended(std::int32_t partition) { left_.erase(partition); }
  bool empty() const { return left_.empty(); }
  bool is_within(const Message& message) const {
    return message.offset() < ends_.at(message.partition());
  }

 private:
  const Offsets& ends_;
  std::set<std::int32_t> left_;
};

}  // namespace

Result<Offsets> read_log(const Cluster& cluster, const std::string& topic, const Offsets& begin,
                         std::chrono::milliseconds silence_max,
                         const std::function<void(const Message&)>& each,
                         const std::function<void()>& alive) {
  auto ends = ends_of(cluster, topic, begin, silence_max);
  if (!ends) return ends;
  Remainder remainder(begin, *ends);
  if (remainder.empty()) return ends;

  auto heard_at = Clock::now();
  std::optional<Error> trouble;
  const auto ended = [&](std::int32_t partition, std::int64_t) {
    remainder.ended(partition);
    heard_at = Clock::now();
  };
  const auto fail = [&](std::int32_t partition, const std::string& why) {
    trouble = refused(topic, partition, why);
  };
  const ConsumerEvents events{
      .assigned = [](const auto&) {},
      .revoked = [](bool) {},
      .end = ended,
      .out_of_range = [&](std::int32_t partition) { fail(partition, "was cut while it was read"); },
      .spoiled = fail};
  Consumer consumer({cluster, group_of_nobody, topic, events, false});
  if (const auto started = consumer.start(begin); !started) return started.error();
  std::optional<Error> last_error;  // passing, unless nothing follows it
  while (!remainder.empty()) {
    alive();
    const auto message = consumer.poll(poll_timeout);
    if (trouble) return *trouble;
    if (!message) last_error = message.error();
    if (message && *message) {
      heard_at = Clock::now();
      if (remainder.is_within(**message)) each(**message);
      remainder.reached((*message)->partition(), (*message)->offset() + 1);
    }
    if (Clock::now() - heard_at < silence_max) continue;
    return Error{
        Fault::timeout,
        {},
        last_error ? last_error->text : fmt::format("kafka topic '{}': no answer in time", topic)};
  }
  return ends;
}

}  // namespace couponctl::kafka
