// Runs trials on several arenas at once and keeps what came of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fault/trial.h"

namespace couponctl::fault {

struct RunOptions {
  std::filesystem::path supervisor;  // a couponctl that starts servers
  std::filesystem::path binary;      // the couponctl that is tortured
  std::filesystem::path directory;   // made; servers and logs stand in it
  int arenas = 2;
};

// One trial that is to be run.
struct Task {
  Plan plan;
  std::string name;  // "trial 17": for people, and its directory of logs
  std::string planted = "";
  bool drops_constraints = false;
};

struct Result {
  Task task;
  Outcome outcome;
  std::filesystem::path logs;  // removed if nothing was found
};

// Gives the next task to a worker that has nothing to do; nullopt: there is none, or none any more.
// Called by one worker at a time, as is `done`.
using NextTask = std::function<std::optional<Task>()>;
using Done = std::function<void(const Result&)>;

// A set-up that fails is thrown as core::Failure when all workers have ended.
void run(const RunOptions& options, const NextTask& next, const Done& done);

}  // namespace couponctl::fault
