// Lets one of several threads go at a time, from one command to a server to the next.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/command_hook.h"

namespace couponctl::race {

// What ends an actor that is killed: thrown in the place of a command that it was about to send.
struct Killed : std::exception {
  const char* what() const noexcept override { return "killed"; }
};

// One command that was let go.
struct Step {
  int actor = 0;
  core::Server server = core::Server::none;
  std::string command = "";
  std::string answer = "";  // "" where none came, or none is waited for
  bool blocked = false;     // it waited for a lock while others went on
  bool is_kill = false;     // the actor was killed here, in the place of this command
};

// Callers first, then those who work in the background, in the order in which they came.
//
// Until hold() nobody is stopped, and after release() nobody is any more: the commands of these
// times are not in steps().
class Turns {
 public:
  struct Actor {
    std::string name;  // "A", "B", "consumer"
    bool is_caller = true;
    bool always_back = true;  // it comes to its next command by itself, also without any work
    // It does what others have left undone: while there is no need of help it stands where it is.
    bool helps = false;
    std::string process = "";  // with whom it is killed; "": alone
  };
  // What the turns ask of the world around.
  struct World {
    // Whether a command that was let go and has no answer yet waits for a lock on its server.
    std::function<bool(const Step&)> waits_for_lock;
    // Whether there is work for those in the background who come only for that. It comes by way of
    // Kafka: where there was none, there is none until somebody has gone on there.
    std::function<bool()> has_work;
    // Whether there is something for those who help.
    std::function<bool()> needs_help = [] { return false; };
    // Whether a group's offset is something that others can see: only who comes after a crash can.
    bool sees_commits = false;
  };

  Turns(int callers, World world);
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // The hook of an actor, for its own thread. It lives as long as this. A caller takes part from
  // when its hook is taken; those in the background are there before anybody is held.
  core::CommandHook& caller(int number);
  core::CommandHook* add_background(Actor actor);
  // Says that a caller asks no more.
  void done(int caller);

  void hold();
  void release();

  // Waits until everybody stands still: at a command, behind a lock, done, or without work. False:
  // somebody does not, for `still_within`.
  bool settle();
  static constexpr std::chrono::seconds still_within{60};
  // Who does not, and since which command: "A after GET coupon_count, consumer".
  std::string restless() const;

  int actors() const;
  Actor actor(int number) const;
  // Whether it stands at a command that may change something or answer something new: not at one
  // that it has just tried in vain while nobody did anything since.
  bool can_go(int number) const;
  // It stands at a command, or is a caller that has its answer and has told nobody.
  bool can_be_killed(int number) const;

  void go(int number);  // and then settle()
  void kill(int number);

  std::vector<Step> steps() const;

 private:
  enum class State {
    absent,      // takes no part yet
    away,        // has not come to a command yet, or does something else than a command
    running,     // was let go
    at_command,  // stands before it
    blocked,     // its command waits for a lock
    done,        // sends nothing any more
  };
  class Hook;

  void stop_at(Hook& hook, const core::Command& command);
  void hear(Hook& hook, std::string_view answer);
  static void let_go(Hook& hook);
  void moved(const Step& step);
  std::int64_t moves_seen_by(const Step& step) const;
  bool find_blocked(std::unique_lock<std::mutex>& lock);
  bool has_work(std::unique_lock<std::mutex>& lock);
  bool all_still(std::unique_lock<std::mutex>& lock);
  void look_for_help(std::unique_lock<std::mutex>& lock);

  World world_;
  mutable std::mutex mutex_;  // guards all that follows
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Hook>> hooks_;
  std::vector<Step> steps_;
  // Steps that may have changed something for others, by the server that they changed.
  std::array<std::int64_t, core::servers_count> moves_{};
  // How many of these there were on Kafka when there was no work; -1: that is not known.
  std::int64_t moves_without_work_ = -1;
  bool has_killed_ = false;
  bool needs_help_ = false;
  bool holding_ = false;
};

}  // namespace couponctl::race
