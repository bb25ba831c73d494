#include "fault/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "core/failure.h"
#include "fault/clients.h"
#include "fault/commands.h"
#include "fault/consumers.h"
#include "fault/faults.h"
#include "fault/sender.h"
#include "fault/verdict.h"

namespace couponctl::fault {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto tick = 10ms;
constexpr auto load_max = 20s;
constexpr auto command_max = 20s;
constexpr auto settle_max = 40s;  // of applicants that ask until they are told
constexpr auto drain_max = 20s;
constexpr int sell_out_tries = 5;

class Trial {
 public:
  Trial(const Workspace& workspace, const Plan& plan, bool drops_constraints)
      : workspace_(workspace),
        plan_(plan),
        drops_constraints_(drops_constraints),
        commands_(workspace, tally_) {}

  Outcome run() {
    const auto began = Clock::now();
    if (open()) {
      Sender sender(workspace_);
      Consumers consumers(workspace_, plan_, tally_);
      load(sender, consumers);
      consumers.stop();
      drain_rest();
      judge(sender.finish());
    }
    return {tally_.faults(), tally_.findings(),
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began)};
  }

 private:
  bool open() {
    if (!succeeds({"migrate"}, {})) return false;
    if (drops_constraints_) drop_constraints();
    return succeeds({"campaign", "open", "--quota", std::to_string(plan_.quota)}, plan_.open);
  }

  void drop_constraints() {
    auto connection =
        core::or_throw(mysql::Connection::connect(workspace_.where.mysql), core::Exit::unreachable);
    for (const auto* statement : {"ALTER TABLE coupon DROP FOREIGN KEY coupon_campaign",
                                  "ALTER TABLE coupon DROP CONSTRAINT coupon_slot"})
      core::or_throw(connection.execute(statement), core::Exit::runtime);
  }

  void load(Sender& sender, Consumers& consumers) {
    Applicants applicants(workspace_, plan_, log_, tally_);
    Faults faults(workspace_, plan_, applicants, consumers, commands_, tally_);
    const auto began = Clock::now();
    const auto since = [&] {
      return std::chrono::duration_cast<Milliseconds>(Clock::now() - began);
    };
    bool sent = false;
    while ((since() < plan_.load || !faults.done()) && since() < load_max) {
      if (since() > plan_.load / 4 && !std::exchange(sent, true)) sender.send(plan_);
      faults.advance(since());
      consumers.tend();
      std::this_thread::sleep_for(tick);
    }
    if (!sent) sender.send(plan_);
    faults.heal();
    forgot_ = faults.redis_forgot();
    recover(faults.outbox_is_lost());
    if (faults.quota_is_raised())
      succeeds({"campaign", "set-quota", std::to_string(plan_.raised_quota())}, {});
    settle(applicants, consumers);
    sell_out();
    static_cast<void>(sender.finish());
    drain(consumers);
    if (plan_.replays) commands_.run_again({"replay-failed", "--yes"}, plan_.replay, command_max);
  }

  // Between a loss of memory and `recover` nobody may be admitted.
  void recover(bool outbox_is_lost) {
    const bool forgotten = has_forgotten(read_redis(workspace_.where));
    if (forgotten) probe();
    if (!forgotten && !outbox_is_lost) return;
    succeeds({"recover", "--drain", "1s"}, plan_.recover);
  }

  void probe() {
    const auto answers = apply({probe_user}, "redis");
    for (const auto& told : answers)
      if (told.holder() != Holder::nobody)
        tally_.found(Breach::over_issued,
                     "admitted although Redis had forgotten who was: " + told.decision);
  }

  // Those who ask until they are told are told now.
  void settle(Applicants& applicants, Consumers& consumers) {
    for (const auto deadline = Clock::now() + settle_max; !applicants.done();) {
      consumers.tend();
      std::this_thread::sleep_for(tick);
      if (Clock::now() < deadline) continue;
      tally_.found(Breach::hung, "applicants are still in doubt");
      return;
    }
  }

  // Fresh applicants until nothing is left.
  void sell_out() {
    for (int i = 0; i < sell_out_tries; ++i) {
      std::vector<std::int64_t> users(static_cast<std::size_t>(plan_.raised_quota()) + 1);
      for (std::size_t j = 0; j < users.size(); ++j)
        users[j] = top_up_begin + i * 1000 + static_cast<std::int64_t>(j);
      const auto answers = apply(users, "kafka");
      if (!answers.empty() && answers.back().decision == "SOLD_OUT") return;
    }
    tally_.found(Breach::hung, "the campaign does not sell out");
  }

  std::vector<Told> apply(const std::vector<std::int64_t>& users, const std::string& ack) {
    std::string input;
    for (const auto user : users) {
      log_.asks(user);
      input += std::to_string(user) + '\n';
    }
    const auto finished = commands_.run(
        {"apply", "--output", "json", "--ack", ack, "--users-from", "-"}, {}, command_max, input);
    std::vector<Told> answers;
    for (const auto& line : finished.lines)
      if (const auto told = read_told(line)) log_.told(answers.emplace_back(*told));
    return answers;
  }

  void drain(Consumers& consumers) {
    auto words = consume_words(workspace_.where.topic + "_drain");
    words.emplace_back("--until-drained");
    auto process = process::Child::spawn(workspace_.command(words, "drain.log"));
    const auto deadline = Clock::now() + drain_max;
    std::optional<int> code;
    while (!(code = process.wait(0ms)) && Clock::now() < deadline) {
      consumers.tend();
      std::this_thread::sleep_for(tick);
    }
    if (!code) tally_.found(Breach::hung, "not drained within 20 s");
    if (code && *code != 0)
      tally_.found(Breach::hung, fmt::format("the drain ended with {}", *code));
  }

  // What the daemons had sent again when they were stopped is on the topic.
  void drain_rest() {
    const auto stores = read_stores(workspace_.where);
    if (stores.progress == stores.ends) return;
    auto words = consume_words(workspace_.where.topic + "_rest");
    words.emplace_back("--until-drained");
    succeeds(words, {});
  }

  void judge(const std::vector<Sent>& sent) {
    const auto stores = read_stores(workspace_.where);
    const auto said = commands_.run({"audit"}, {}, command_max);
    const Circumstances circumstances{
        .redis_forgot = forgot_, .was_tried_beyond_cap = plan_.foreign > 0, .sent = sent};
    for (auto& finding :
         verdict(stores, log_.answers(), log_.applicants(), circumstances, said.code))
      tally_.found(finding.breach, std::move(finding.what));
    if (plan_.ends) end(stores);
  }

  // Closes and resets, and looks whether the coupons are what they were.
  void end(const RawStores& before) {
    const bool closes = plan_.ending.point.starts_with("close");
    succeeds({"campaign", "close"}, closes ? plan_.ending : Armed{});
    succeeds({"reset-redis", "--yes"}, closes ? Armed{} : plan_.ending);
    const auto after = read_stores(workspace_.where);
    if (after.coupons != before.coupons)
      tally_.found(Breach::lost, "coupons changed by reset-redis");
    if (!after.users.empty() || !after.meta.empty())
      tally_.found(Breach::over_issued, "Redis still knows the round that was reset");
  }

  bool succeeds(const std::vector<std::string>& words, const Armed& armed) {
    const auto finished = commands_.run_again(words, armed, command_max);
    if (finished.code != 0)
      tally_.found(Breach::hung, fmt::format("{} ended with {}", words.front(), finished.code));
    return finished.code == 0;
  }

  const Workspace& workspace_;
  const Plan& plan_;
  const bool drops_constraints_;
  Tally tally_;
  Acknowledged log_;
  Commands commands_;
  bool forgot_ = false;
};

}  // namespace

Outcome run_trial(Arena& arena, const Plan& plan, const TrialOptions& options) {
  std::filesystem::create_directories(options.logs);
  std::ofstream(options.logs / "plan.txt") << describe(plan);
  arena.injector().heal();
  const Workspace workspace{.arena = arena,
                            .where = arena.begin(plan.partitions),
                            .binary = options.binary,
                            .logs = options.logs,
                            .planted = options.planted};
  auto outcome = Trial(workspace, plan, options.drops_constraints).run();
  arena.end(workspace.where);
  return outcome;
}

}  // namespace couponctl::fault
