// Does a consumer read on after what librdkafka does not forgive by itself?
#include <gtest/gtest.h>

#include <set>

#include "kafka/consumer.h"
#include "live/consume.h"

namespace couponctl {
namespace {

using namespace std::chrono_literals;
using kafka::Consumer;
using test::eventually;

class KafkaConsumer : public live::Consume {
 protected:
  static constexpr int partitions = 2;
  static constexpr int messages = 20;

  KafkaConsumer() : Consume(partitions) {}

  // A member of the group, which knows what it was given last.
  struct Member {
    Member(const live::Product& product)
        : consumer({product.servers().kafka, product.topic, product.topic,
                    kafka::ConsumerEvents{.assigned = [this](const auto& list) { given = list; },
                                          .revoked = [this](bool) { given.clear(); },
                                          .end = [](auto, auto) {},
                                          .out_of_range = [](auto) {}}}) {}

    void poll(std::chrono::milliseconds timeout = 10ms) {
      const auto message = consumer.poll(timeout);
      if (message && *message) seen.emplace((*message)->partition(), (*message)->offset());
    }
    bool owns(std::size_t count) {
      poll();
      return given.size() == count;
    }
    bool starts() { return !!consumer.start({{0, 0}, {1, 0}}); }

    std::vector<std::int32_t> given;
    std::set<std::pair<std::int32_t, std::int64_t>> seen;
    Consumer consumer;
  };

  static bool reads_all(Member& member) {
    return eventually([&] {
      member.poll();
      return member.seen.size() == messages;
    });
  }
};

TEST_F(KafkaConsumer, MayStartAgainBeforeTheLastStartIsOver) {
  send("summer", 1, messages);
  Member member(*this);
  ASSERT_TRUE(eventually([&] { return member.owns(partitions); }));
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(member.starts());
    member.poll(0ms);
  }
  EXPECT_TRUE(reads_all(member));
}

TEST_F(KafkaConsumer, StopsWaitingForAMessageOnceItMayStart) {
  Member member(*this);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] {
    member.poll(30s);
    return !member.given.empty();
  }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST_F(KafkaConsumer, ReadsWhatItGetsBackAfterItWasPausedThroughARebalance) {
  send("summer", 1, messages);
  Member member(*this);
  ASSERT_TRUE(eventually([&] { return member.owns(partitions); }));
  ASSERT_TRUE(member.starts());
  member.consumer.pause();
  {
    Member other(*this);
    ASSERT_TRUE(eventually([&] {
      member.poll();
      return other.owns(1) && member.owns(1);
    }));
  }
  ASSERT_TRUE(eventually([&] { return member.owns(partitions); }));
  member.seen.clear();
  ASSERT_TRUE(member.starts());
  EXPECT_TRUE(reads_all(member));
}

}  // namespace
}  // namespace couponctl
