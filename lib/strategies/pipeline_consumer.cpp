#include "strategies/pipeline_consumer.h"

#include <fmt/format.h>

#include "core/failure.h"
#include "issuance/places.h"

namespace couponctl::strategies {

namespace {

bool looks_at_progress(const core::Command& command) {
  return command.name == "SELECT" &&
         command.words.front().find("FROM kafka_progress") != std::string_view::npos;
}

}  // namespace

using core::Exit;
using core::Failure;

PipelineConsumer::PipelineConsumer(issuance::ConsumeOptions options, const Run& run)
    : options_(std::move(options)),
      hook_(run.hook),
      relay_hook_(run.relay_hook),
      campaign_(run.campaign) {
  relay_hook_.begin(campaign_);
  options_.relay_hook = &relay_hook_;
  thread_ = std::jthread([this](const std::stop_token& stop) { this->run(stop); });
}

void PipelineConsumer::begin(Run run) {
  hook_.listener.switch_to(run.hook);
  relay_hook_.begin(run.campaign);
  relay_hook_.listener.switch_to(run.relay_hook);
  const std::scoped_lock lock(mutex_);
  campaign_ = std::move(run.campaign);
  landed_.clear();
}

void PipelineConsumer::await_ready(const load::Wait& wait) {
  wait.say("its consumer joins its group");
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, wait.stop, wait.deadline, [this] { return ready_ || !ended_.empty(); });
  if (!ended_.empty()) throw Failure(Exit::unreachable, ended_);
  if (ready_) return;
  if (wait.stop.stop_requested()) throw Failure(Exit::interrupted, "interrupted");
  throw Failure(
      Exit::unreachable,
      fmt::format("kafka {}: the consumer of '{}' does not get into its group in time{}{}",
                  options_.kafka.brokers, options_.topic, waits_.empty() ? "" : ": ", waits_));
}

std::string PipelineConsumer::ended() const {
  const std::scoped_lock lock(mutex_);
  return ended_;
}

std::vector<load::Row> PipelineConsumer::landed() const {
  const std::scoped_lock lock(mutex_);
  return landed_;
}

void PipelineConsumer::run(const std::stop_token& stop) {
  const issuance::ConsumeObserver observer{
      .ready =
          [this] {
            const std::scoped_lock lock(mutex_);
            ready_ = true;
            changed_.notify_all();
          },
      .waits =
          [this](const std::string& why) {
            const std::scoped_lock lock(mutex_);
            waits_ = why;
          },
      .alive = [this] { hook_.is_writing = false; },
      .landed = [this](const issuance::Landed& landed) { note(landed); }};
  const core::HookedCommands hooked(hook_);
  std::string why;
  try {
    issuance::consume(options_, observer, stop);
    why = "the consumer was stopped";
  } catch (const std::exception& error) {
    why = error.what();
  }
  const std::scoped_lock lock(mutex_);
  ended_ = why;
  changed_.notify_all();
}

void PipelineConsumer::Hook::before(const core::Command& command) {
  is_passed_on = !looks_at_progress(command);
  if (!is_passed_on) return;
  is_writing = true;
  listener.before(command);
  if (command.server == core::Server::kafka) is_writing = false;  // it tells its group
}

void PipelineConsumer::Hook::answered(std::string_view answer) {
  if (is_passed_on) listener.answered(answer);
}

void PipelineConsumer::RelayHook::begin(const std::string& campaign) {
  const std::scoped_lock lock(mutex_);
  outbox_ = issuance::CampaignKeys(campaign).outbox;
  is_sending_ = false;
}

void PipelineConsumer::RelayHook::before(const core::Command& command) {
  is_passed_on_ = is_look(command);
  if (command.server == core::Server::kafka) is_sending_ = true;
  if (command.name == "XDEL") is_sending_ = false;
  if (is_passed_on_) listener.before(command);
}

void PipelineConsumer::RelayHook::answered(std::string_view answer) {
  if (is_passed_on_) listener.answered(answer);
}

bool PipelineConsumer::RelayHook::is_look(const core::Command& command) {
  const std::scoped_lock lock(mutex_);
  return command.name == "XLEN" && command.words[1] == outbox_ && !is_sending_;
}

void PipelineConsumer::note(const issuance::Landed& landed) {
  const auto now = load::Clock::now().time_since_epoch();
  const std::scoped_lock lock(mutex_);
  for (const auto& message : landed.batch.messages)
    if (!message.failed && message.campaign == campaign_) landed_.push_back({message.user, now});
}

}  // namespace couponctl::strategies
