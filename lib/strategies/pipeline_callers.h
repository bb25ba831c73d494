// Who asks the pipeline: each with a Redis connection of its own, and all of a process together.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "issuance/group_apply.h"
#include "load/target.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

// The name of this run's campaign.
std::string campaign_of(const Scratch& scratch);

class PipelineAttachment : public load::Attachment {
 public:
  PipelineAttachment(const Scratch& scratch, issuance::Ack ack);

  std::unique_ptr<load::Caller> caller() override;
  // What is still under way is given up: the relay finds it in the outbox.
  core::Result<void> finish(const load::Wait&) override;

 private:
  Scratch scratch_;
  issuance::Ack ack_;
  std::optional<issuance::Handover> handover_;  // one producer for all callers, as in a service
  issuance::GroupApply group_;
};

template <issuance::Ack ack>
class PipelineCallers final : public PipelineAttachment {
 public:
  explicit PipelineCallers(const Scratch& scratch) : PipelineAttachment(scratch, ack) {}
};

}  // namespace couponctl::strategies
