// Runs the commands of an administrator: each until it succeeds, first with a kill point.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "fault/ground.h"
#include "fault/tally.h"

namespace couponctl::fault {

struct Finished {
  int code = -1;  // -1: it did not end in time, and was killed
  std::vector<std::string> lines = {};
};

class Commands {
 public:
  Commands(const Ground& ground, Tally& tally) : ground_(ground), tally_(tally) {}

  // Once. That it did not end within that time is a finding.
  Finished run(std::vector<std::string> words, const Armed& armed, std::chrono::seconds within,
               const std::string& input = "");
  // With the kill point once, and without it again if that killed it.
  Finished run_again(const std::vector<std::string>& words, const Armed& armed,
                     std::chrono::seconds within);

 private:
  const Ground& ground_;
  Tally& tally_;
};

}  // namespace couponctl::fault
