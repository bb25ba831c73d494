#include "race/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>

#include "race/commands.h"

namespace couponctl::race {
namespace {

using core::Command;
using core::Server;
using load::Call;
using Clock = std::chrono::steady_clock;

constexpr std::size_t text_bytes_max = 200;  // of a command or its answer; a report shows fewer
constexpr std::chrono::microseconds polls_every{100};

std::string beginning(std::string_view text) { return std::string(text.substr(0, text_bytes_max)); }

// Of Redis the member is left out: it is who asks.
std::string read_of(const Command& command) {
  if (!only_reads(command)) return "";
  if (command.server == Server::mysql || command.words.size() < 2) return beginning(told(command));
  return beginning(fmt::format("{} {}", command.words[0], command.words[1]));
}

// A granted request: who asked, and its commands among those of its worker.
struct Request {
  int worker = 0;
  core::UserId user{0};
  std::size_t begin = 0, end = 0;
  std::size_t read = 0;
};

using Heard = std::vector<std::vector<HeardCommand>>;

// The last read that something follows, or `end`.
std::size_t last_read(const std::vector<HeardCommand>& heard, std::size_t begin, std::size_t end) {
  for (auto at = end; at > begin + 1; --at)
    if (!heard[at - 2].reads.empty()) return at - 2;
  return end;
}

std::vector<Request> requests_of(const Calls& calls, const Heard& heard) {
  std::vector<Request> requests;
  std::vector<std::size_t> next(heard.size());
  calls([&](const Call& call) {
    if (call.worker >= heard.size()) return;
    const auto& commands = heard[call.worker];
    auto& at = next[call.worker];
    while (at < commands.size() && commands[at].sent_ns < call.sent_ns) ++at;
    const auto begin = at;
    while (at < commands.size() && commands[at].sent_ns <= call.answered_ns) ++at;
    if (call.outcome != load::Outcome::granted) return;
    const auto read = last_read(commands, begin, at);
    if (read != at)
      requests.push_back(
          {.worker = call.worker, .user = call.user, .begin = begin, .end = at, .read = read});
  });
  return requests;
}

}  // namespace

class CommandLog::Hook final : public core::CommandHook {
 public:
  explicit Hook(std::size_t commands_max) : commands_max_(commands_max) {}

  void before(const Command& command) override {
    // A lock of the process is tried again and again: one line says it, and the holder gets on.
    const bool polls = command.server == Server::none;
    if (std::exchange(polls_, polls) && polls)
      std::this_thread::sleep_for(polls_every);
    else if (hears_ = heard_.size() < commands_max_; hears_)
      heard_.push_back({.sent_ns = now_ns(),
                        .server = command.server,
                        .text = beginning(told(command)),
                        .reads = read_of(command)});
    else
      cut_ = true;
  }

  void answered(std::string_view answer) override {
    if (!hears_) return;
    heard_.back().answered_ns = now_ns();
    heard_.back().answer = beginning(answer);
  }

  const std::vector<HeardCommand>& heard() const { return heard_; }  // times as Clock counts
  bool cut() const { return cut_; }

 private:
  static std::int64_t now_ns() {
    return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
  }

  std::size_t commands_max_;
  std::vector<HeardCommand> heard_;
  bool hears_ = false;  // of the command that has no answer yet
  bool polls_ = false;
  bool cut_ = false;
};

CommandLog::CommandLog(int workers, std::size_t commands_max) {
  for (int i = 0; i < workers; ++i) hooks_.push_back(std::make_unique<Hook>(commands_max));
}

CommandLog::~CommandLog() = default;

core::CommandHook* CommandLog::hook(int worker) {
  return hooks_.at(static_cast<std::size_t>(worker)).get();
}

Heard CommandLog::heard(Clock::time_point opened_at) const {
  const auto gate = std::chrono::nanoseconds(opened_at.time_since_epoch()).count();
  Heard heard;
  for (const auto& hook : hooks_) {
    heard.push_back(hook->heard());
    for (auto& command : heard.back()) {
      command.sent_ns -= gate;
      if (command.answered_ns) *command.answered_ns -= gate;
    }
  }
  return heard;
}

bool CommandLog::cut() const {
  return std::ranges::any_of(hooks_, [](const auto& hook) { return hook->cut(); });
}

Explanation explain(const Calls& calls, const Heard& heard, int requests_max) {
  const auto commands_of = [&](const Request& request) -> const std::vector<HeardCommand>& {
    return heard[static_cast<std::size_t>(request.worker)];
  };
  const auto read_at = [&](const Request& request) {
    return commands_of(request)[request.read].sent_ns;
  };
  auto requests = requests_of(calls, heard);
  std::ranges::sort(requests, {}, read_at);
  std::map<std::pair<std::string_view, std::string_view>, std::vector<const Request*>> groups;
  for (const auto& request : requests) {
    const auto& read = commands_of(request)[request.read];
    if (read.answered_ns) groups[{read.reads, read.answer}].push_back(&request);
  }
  const std::vector<const Request*>* largest = nullptr;
  for (const auto& [read, group] : groups)
    if (group.size() > 1 &&
        (!largest || group.size() > largest->size() ||
         (group.size() == largest->size() && read_at(*group.front()) < read_at(*largest->front()))))
      largest = &group;

  Explanation explanation;
  if (!largest) return explanation;
  const auto& read = commands_of(*largest->front())[largest->front()->read];
  explanation.read = read.reads;
  explanation.answer = read.answer;
  explanation.requests = static_cast<int>(largest->size());
  explanation.requests_told = std::min(explanation.requests, requests_max);
  for (int i = 0; i < explanation.requests_told; ++i) {
    const auto& request = *(*largest)[static_cast<std::size_t>(i)];
    for (auto at = request.begin; at < request.end; ++at)
      explanation.commands.push_back(
          {.worker = request.worker, .user = request.user, .heard = commands_of(request)[at]});
  }
  std::ranges::stable_sort(explanation.commands, {},
                           [](const auto& command) { return command.heard.sent_ns; });
  return explanation;
}

}  // namespace couponctl::race
