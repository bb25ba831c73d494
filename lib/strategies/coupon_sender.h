// The sources' hand-off, at the caller's end: a winner's id goes to the topic, fire and forget.
#pragma once

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
  explicit CouponSender(const Scratch& scratch);

  // What becomes of the message, nobody asks: as the sources do it.
  core::Result<void> send(core::UserId user);

  // Until every message was delivered or given up.
  core::Result<void> flush(const load::Wait& wait);

 private:
  std::string topic_;
  std::string run_;
  kafka::Producer producer_;
};

// The attachment of a design whose winners go through the topic; `Caller` decides who wins.
template <class Caller>
class SendersAttachment final : public load::Attachment {
 public:
  explicit SendersAttachment(const Scratch& scratch) : scratch_(scratch), sender_(scratch) {}

  std::unique_ptr<load::Caller> caller() override {
    return std::make_unique<Caller>(scratch_, sender_);
  }
  core::Result<void> flush(const load::Wait& wait) override { return sender_.flush(wait); }

 private:
  Scratch scratch_;
  CouponSender sender_;
};

}  // namespace couponctl::strategies
