// The sources' hand-off, at the caller's end: a winner's id goes to the topic.
#pragma once

#include <cstdint>
#include <string>

#include "kafka/producer.h"
#include "load/target.h"
#include "strategies/scratch.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {

// The header that says which run a message was sent in.
constexpr const char* run_header = "run";

// One producer, which all callers of a process share.
class CouponSender {
 public:
  // What callers do once a message is queued: they go on and never ask what became of it, as the
  // sources do; or they wait for the brokers. Then it goes at once, and is given up after a few
  // seconds.
  enum class Then : std::uint8_t { go_on, wait };

  CouponSender(const Scratch& scratch, Then then);

  // An error, where callers wait: it is not known whether the brokers have it.
  core::Result<void> send(core::UserId user);

  // Until every message was delivered or given up.
  core::Result<void> flush(const load::Wait& wait);

 private:
  core::Result<void> produce(core::UserId user, std::uint64_t token);

  const Then then_;
  std::string topic_;
  std::string run_;
  kafka::Producer producer_;
};

// The attachment of a design whose winners go through the topic; `Caller` decides who wins.
template <class Caller, CouponSender::Then then = CouponSender::Then::go_on>
class SendersAttachment final : public load::Attachment {
 public:
  explicit SendersAttachment(const Scratch& scratch) : scratch_(scratch), sender_(scratch, then) {}

  std::unique_ptr<load::Caller> caller() override {
    return std::make_unique<Caller>(scratch_, sender_);
  }
  core::Result<void> flush(const load::Wait& wait) override { return sender_.flush(wait); }

 private:
  Scratch scratch_;
  CouponSender sender_;
};

}  // namespace couponctl::strategies
