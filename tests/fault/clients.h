// Who applies? Processes of `apply`, fed in small chunks, some of which ask again and some never.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fault/acknowledged.h"
#include "fault/tally.h"
#include "fault/workspace.h"

namespace couponctl::fault {

class Applicants {
 public:
  // They begin at once. The references outlive this.
  Applicants(const Workspace& workspace, const Plan& plan, Acknowledged& log, Tally& tally);
  ~Applicants() { give_up_ = true; }

  // Whether a process of that client was there and got the signal.
  bool signal(int client, int number);
  void resume_all();

  bool done() const { return running_ == 0; }
  // From now on whoever retries has no reason to wait long.
  void give_up() { give_up_ = true; }

 private:
  // One client: a thread that talks to its process, which others may send signals to.
  struct Seat {
    const fault::Client* client = nullptr;
    int number = 0;
    std::mt19937_64 random = {};
    std::vector<std::int64_t> queue = {};  // users to be asked for, the next one last
    Armed armed = {};                      // spent when it has worked
    std::mutex mutex = {};                 // guards the next three
    std::optional<process::Child> process = {};
    bool killed_by_us = false;
    bool paused_by_us = false;
  };

  void run(Seat& seat);
  void ask(Seat& seat, const std::vector<std::int64_t>& users);
  static void write(Seat& seat, const std::vector<std::int64_t>& users);
  void start(Seat& seat, const std::vector<std::int64_t>& users);
  std::optional<std::string> answer(Seat& seat);
  void finish(Seat& seat);
  bool wake(Seat& seat);
  bool again(const Seat& seat, const Told& told) const;

  const Workspace& workspace_;
  const Plan& plan_;
  Acknowledged& log_;
  Tally& tally_;
  std::atomic<bool> give_up_ = false;
  std::atomic<int> running_ = 0;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::vector<std::jthread> threads_;  // last: they use the others
};

}  // namespace couponctl::fault
