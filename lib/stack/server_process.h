// Where is one server in its life: preparing, starting, ready, stopping or down?
#pragma once

#include <chrono>
#include <string>

#include "stack/recipe.h"

namespace couponctl::stack {

// Moves on by advance(), which never waits longer than one probe.
class ServerProcess {
 public:
  enum class Phase { down, preparing, starting, ready, stopping, failed };

  explicit ServerProcess(Recipe recipe) : recipe_(std::move(recipe)) {}

  void start();      // from down or failed; ends in ready or failed
  void terminate();  // SIGTERM; ends in down
  void kill();
  bool pause();
  bool resume();

  Phase advance();
  Phase phase() const { return phase_; }
  bool settled() const;  // nothing more will come of advance()
  bool answers() const;  // asks it

  const Recipe& recipe() const { return recipe_; }
  core::HostPort address() const { return {"127.0.0.1", ports_.service}; }
  pid_t pid() const { return phase_ == Phase::preparing ? 0 : child_.pid(); }
  const std::string& error() const { return error_; }  // why it failed, or ended unasked
  std::string ready_line() const;                      // for people

 private:
  using Clock = std::chrono::steady_clock;

  std::filesystem::path log() const { return recipe_.directory / (recipe_.label + ".log"); }
  void prepare();
  void serve();
  void spawn(const process::Words& words, Phase phase);
  void await_prepared();
  void await_ready();
  void await_ended();
  void note_end();
  void start_elsewhere();
  void fail(const std::string& why);

  Recipe recipe_;
  Phase phase_ = Phase::down;
  process::Child child_;
  Ports ports_;
  bool ports_settled_ = false;  // it was ready on them once: clients know them
  int ports_tried_ = 0;
  Clock::time_point started_, deadline_;
  std::chrono::duration<double> took_{};
  std::size_t log_offset_ = 0;  // where this start's part of the log begins
  std::string version_, error_;
};

}  // namespace couponctl::stack
