// Runs the commands of an administrator: each until it succeeds, first with a kill point.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "fault/tally.h"
#include "fault/workspace.h"

namespace couponctl::fault {

struct Finished {
  int code = -1;  // -1: it did not end in time, and was killed
  std::vector<std::string> lines = {};
};

class Commands {
 public:
  Commands(const Workspace& workspace, Tally& tally) : workspace_(workspace), tally_(tally) {}

  // Once. That it did not end within that time is a finding.
  Finished run(std::vector<std::string> words, const Armed& armed, std::chrono::seconds within,
               const std::string& input = "");
  // With the kill point once, and without it again if that killed it.
  Finished run_again(const std::vector<std::string>& words, const Armed& armed,
                     std::chrono::seconds within);

 private:
  const Workspace& workspace_;
  Tally& tally_;
};

}  // namespace couponctl::fault
