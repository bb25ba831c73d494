// How does an owner start its supervisor, talk to it and end it?
#include "stack/stack.h"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>

#include "core/failure.h"
#include "process/child.h"
#include "stack/channel.h"
#include "stack/directory.h"
#include "stack/messages.h"

namespace couponctl::stack {
namespace {

using Clock = std::chrono::steady_clock;

// The supervisor's own limits end every wait sooner; these are for one that hangs.
constexpr std::chrono::minutes start_within{15};  // a slow download
constexpr std::chrono::seconds order_within{90}, answer_within{10}, end_within{40};

// It outlives us if it is detached; else it ends because its channel does, and cleans up.
process::Child spawn_supervisor(const Options& options, bool detached, const Channel& theirs) {
  process::Command command{.words = {options.supervisor, "stack", "supervise", "--dir",
                                     std::filesystem::absolute(options.directory), "--owner-fd",
                                     fmt::format("{}", process::passed_as)},
                           .name = "couponctl",
                           .output = process::Inherited{},
                           .error = process::Inherited{},
                           .outlives_thread = true,
                           .passed = {theirs.fd(), -1}};
  if (detached) command.words.emplace_back("--detached");
  for (const auto server : options.servers)
    command.words.insert(command.words.end(), {"--server", std::string(name(server))});
  if (options.real_kafka_required) command.words.emplace_back("--require-real-kafka");
  return process::Child::spawn(command);
}

// The channel to a supervisor that we started; closing it ends what is not detached.
class Supervised {
 public:
  Supervised(const Options& options, bool detached)
      : Supervised(options, detached, Channel::pair()) {}
  Supervised(const Supervised&) = delete;
  ~Supervised() {
    channel_.shut_down();
    child_.wait(end_within);
  }

  Channel& channel() { return channel_; }

 private:
  Supervised(const Options& options, bool detached, std::pair<Channel, Channel> ends)
      : channel_(std::move(ends.first)), child_(spawn_supervisor(options, detached, ends.second)) {}

  Channel channel_;
  process::Child child_;
};

Status await_ready(Channel& channel, const Progress& progress, const std::stop_token& stop) {
  const std::stop_callback cut(stop, [&] { channel.shut_down(); });
  while (const auto line = channel.next_line(start_within)) {
    const auto message = read_message(*line);
    if (message.kind == Message::Kind::done) return *message.status;
    if (message.kind == Message::Kind::failed)
      throw core::Failure(message.exit, message.text, message.hint);
    if (progress) progress(message.text);
  }
  if (stop.stop_requested()) throw core::Failure(core::Exit::interrupted, "interrupted");
  throw core::Failure(core::Exit::runtime, channel.closed()
                                               ? "the stack's supervisor ended"
                                               : "the stack's supervisor does not answer");
}

// Waits while one goes up or down there; nothing if none lives there.
std::optional<Channel> find_supervisor(const std::filesystem::path& directory) {
  const auto deadline = Clock::now() + end_within;
  check_directory_is_ours(directory);
  while (Clock::now() < deadline) {
    if (auto channel = connect_to(directory / "control")) return channel;
    if (!is_locked(directory)) return std::nullopt;
    ::poll(nullptr, 0, 10);
  }
  throw core::Failure(core::Exit::runtime,
                      fmt::format("{}: its supervisor does not answer", directory.native()));
}

// Nothing if no supervisor lives there, or it ended instead of an answer.
std::optional<Status> ask(const std::filesystem::path& directory, std::string_view request,
                          std::chrono::milliseconds within, const std::stop_token& stop = {}) {
  auto channel = find_supervisor(directory);
  if (!channel) return std::nullopt;
  const std::stop_callback cut(stop, [&] { channel->shut_down(); });
  channel->send(request);
  if (const auto line = channel->next_line(within)) {
    const auto message = read_message(*line);
    if (message.kind == Message::Kind::failed)
      throw core::Failure(message.exit, message.text, message.hint);
    return message.status;
  }
  if (stop.stop_requested()) throw core::Failure(core::Exit::interrupted, "interrupted");
  if (channel->closed()) return std::nullopt;
  throw core::Failure(core::Exit::runtime,
                      fmt::format("{}: its supervisor does not answer", directory.native()));
}

// What a supervisor left that could not clean up.
void remove_remains(const std::filesystem::path& directory) {
  if (!is_marked(directory) || is_locked(directory)) return;
  Directory::claim(directory).remove();
}

}  // namespace

class Stack::Session {
 public:
  explicit Session(const Options& options)
      : directory_(std::filesystem::absolute(options.directory)),
        supervised_(std::in_place, options, false) {}

  ~Session() {
    supervised_.reset();
    if (!up_) return;
    try {
      remove_remains(directory_);
    } catch (const std::exception&) {
      // Another stack took the directory over, or the next one there will clean it.
    }
  }

  void await(const Progress& progress, const std::stop_token& stop) {
    status = await_ready(supervised_->channel(), progress, stop);
    up_ = true;
  }

  core::Result<void> order(std::string_view verb, Server server) {
    auto& channel = supervised_->channel();
    channel.send(fmt::format("{} {}", verb, name(server)));
    const auto line = channel.next_line(order_within);
    if (!line && channel.closed())
      return core::Error{core::Fault::unreachable, {}, "the stack's supervisor ended"};
    if (!line) {
      channel.shut_down();  // a late answer would be taken for the next one's
      return core::Error{core::Fault::timeout, {}, "the stack's supervisor does not answer"};
    }
    const auto message = read_message(*line);
    if (message.kind == Message::Kind::failed)
      return core::Error{core::Fault::refused, {}, message.text};
    status = *message.status;
    return {};
  }

  Status status;

 private:
  std::filesystem::path directory_;
  std::optional<Supervised> supervised_;
  bool up_ = false;
};

Stack::Stack(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Stack::Stack(Stack&&) noexcept = default;
Stack& Stack::operator=(Stack&&) noexcept = default;
Stack::~Stack() = default;

Stack Stack::start(const Options& options, const Progress& progress, std::stop_token stop) {
  Stack stack(std::make_unique<Session>(options));
  stack.session_->await(progress, stop);
  return stack;
}

const Addresses& Stack::addresses() const { return session_->status.addresses; }

pid_t Stack::supervisor() const { return session_->status.supervisor; }

pid_t Stack::pid(Server server) const {
  for (const auto& one : session_->status.servers)
    if (one.server == server) return one.pid;
  return 0;
}

core::Result<void> Stack::kill(Server server) { return session_->order("kill", server); }
core::Result<void> Stack::stop(Server server) { return session_->order("stop", server); }
core::Result<void> Stack::start(Server server) { return session_->order("start", server); }
core::Result<void> Stack::pause(Server server) { return session_->order("pause", server); }
core::Result<void> Stack::resume(Server server) { return session_->order("resume", server); }

Up up(const Options& options, const Progress& progress, std::stop_token stop) {
  if (const auto running = ask(options.directory, "ready", start_within, stop))
    return {running->addresses, true};
  Supervised supervised(options, true);
  return {await_ready(supervised.channel(), progress, stop).addresses, false};
}

std::optional<Status> status(const std::filesystem::path& directory) {
  return ask(directory, "status", answer_within);
}

std::optional<std::filesystem::path> settings_of(const std::filesystem::path& directory) try {
  auto settings = directory / settings_name;
  std::error_code error;
  if (!std::filesystem::exists(settings, error)) return std::nullopt;
  check_directory_is_ours(directory);
  return is_locked(directory) ? std::optional(std::move(settings)) : std::nullopt;
} catch (const core::Failure&) {
  return std::nullopt;
}

bool down(const std::filesystem::path& directory, bool keep) {
  if (ask(directory, keep ? "down keep" : "down", end_within)) return true;
  if (!keep) remove_remains(directory);
  return false;
}

}  // namespace couponctl::stack
