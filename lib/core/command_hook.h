// Tells somebody of every command just before it goes to a server, and of its answer.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>

namespace couponctl::core {

enum class Server : std::uint8_t {
  redis,
  kafka,
  mysql,
  none,  // a lock within the process: whoever waits for it tries again and again, as if it were one
};
constexpr std::size_t servers_count = 4;

// The views hold until before() returns.
struct Command {
  Server server;
  std::string_view name;  // INCR, EVALSHA; SELECT, COMMIT; produce, commit
  // Of Redis all words, the name among them; of MySQL the statement; of Kafka the topic, and of
  // a message also the key (empty where there is none) and the value.
  std::span<const std::string_view> words;
};

class CommandHook {
 public:
  virtual ~CommandHook() = default;

  // Called on the thread that sends. It may block. It may throw, to end the caller at this command:
  // the command is not sent, and the client is only good for being destroyed, which may send a
  // ROLLBACK: what before() throws then goes nowhere, and the connection is closed.
  virtual void before(const Command& command) = 0;

  // What the server said to it, for people: "(nil)", "3 rows", its error. Of what is not answered
  // by the time that the client goes on, a message to Kafka, nothing is heard.
  virtual void answered(std::string_view) {}
  // False: answered() does nothing, and nobody need put an answer into words.
  virtual bool hears_answers() const { return true; }
};

// While it lives, the hook hears of what the thread that made it sends. nullptr: nobody does.
class HookedCommands {
 public:
  explicit HookedCommands(CommandHook* hook);
  explicit HookedCommands(CommandHook& hook) : HookedCommands(&hook) {}
  ~HookedCommands();
  HookedCommands(const HookedCommands&) = delete;
  HookedCommands& operator=(const HookedCommands&) = delete;

 private:
  CommandHook* before_;
};

// For the clients: this thread's hook, or nullptr.
CommandHook* command_hook();

// Passes on what a thread sends to somebody, who may be another one later on: for a thread that
// outlives those who hear of it.
class SwitchedHook final : public CommandHook {
 public:
  explicit SwitchedHook(CommandHook* to) : to_(to) {}

  // nullptr: to nobody. Returns once the one before hears of nothing any more.
  void switch_to(CommandHook* to);
  void before(const Command& command) override;
  void answered(std::string_view answer) override;

 private:
  std::mutex mutex_;  // guards what follows, and is held while that one is told
  CommandHook* to_;
};

// Counts the commands of one thread, by server; others may read the counts.
class CommandCounter final : public CommandHook {
 public:
  void before(const Command& command) override {
    counts_[static_cast<std::size_t>(command.server)].fetch_add(1, std::memory_order_relaxed);
  }
  bool hears_answers() const override { return false; }
  std::int64_t count(Server server) const { return counts_[static_cast<std::size_t>(server)]; }

 private:
  std::array<std::atomic<std::int64_t>, servers_count> counts_{};
};

}  // namespace couponctl::core
