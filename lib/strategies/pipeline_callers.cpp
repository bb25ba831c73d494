#include "strategies/pipeline_callers.h"

#include <fmt/format.h>

#include "core/command_hook.h"
#include "core/failure.h"

namespace couponctl::strategies {
namespace {

using core::Decision;
using core::Exit;
using core::or_throw;
using core::Result;
using core::UserId;
using issuance::Ack;
using load::Answer;

constexpr std::chrono::seconds broker_answers_within{5};

class Caller final : public load::Caller {
 public:
  Caller(const issuance::ApplyOptions& options, issuance::Handover* handover,
         issuance::GroupApply& group)
      : apply_(options, handover), group_(group) {
    or_throw(apply_.prepare(), Exit::unreachable);
  }

  Result<Answer> ask(UserId user) override {
    const auto told = apply(user);
    switch (told.decision) {
      case Decision::admitted:
      case Decision::queued:
        return Answer::granted;
      case Decision::duplicate:
        return Answer::duplicate;
      case Decision::sold_out:
        return Answer::sold_out;
      default:
        break;
    }
    // Whatever it was, there is no point in asking on at once.
    return core::Error{core::Fault::unreachable,
                       {},
                       fmt::format("{}: {}", core::name(told.decision), told.reason)};
  }

 private:
  // Whoever follows a caller from command to command follows its own: it asks as it would where
  // nobody else waits.
  issuance::Applied apply(UserId user) {
    const auto* const hook = core::command_hook();
    if (hook && hook->hears_answers()) return apply_.apply(std::span(&user, 1)).front();
    return group_.apply(apply_, user);
  }

  issuance::Apply apply_;
  issuance::GroupApply& group_;
};

}  // namespace

// The scratch name is unique; its first word says nothing, and a campaign has 32 characters.
std::string campaign_of(const Scratch& scratch) {
  return fmt::format("{}-{}", scratch.name.substr(scratch.name.find('_') + 1), scratch.run);
}

PipelineAttachment::PipelineAttachment(const Scratch& scratch, Ack ack)
    : scratch_(scratch), ack_(ack) {
  if (ack_ == Ack::redis) return;
  handover_.emplace(issuance::HandoverOptions{.brokers = scratch.servers.kafka,
                                              .topic = scratch.name,
                                              .linger = std::chrono::milliseconds(0)});
  or_throw(handover_->await_topic(broker_answers_within), Exit::unreachable);
}

std::unique_ptr<load::Caller> PipelineAttachment::caller() {
  return std::make_unique<Caller>(
      issuance::ApplyOptions{
          .redis = scratch_.servers.redis, .campaign = campaign_of(scratch_), .ack = ack_},
      handover_ ? &*handover_ : nullptr, group_);
}

Result<void> PipelineAttachment::finish(const load::Wait&) {
  handover_.reset();
  return {};
}

}  // namespace couponctl::strategies
