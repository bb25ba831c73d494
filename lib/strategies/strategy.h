// What a design must provide to be raced, and the list of those that do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/target.h"
#include "servers/probe.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

struct Needs {
  bool redis = false;
  bool kafka = false;
  bool mysql = true;  // where the rows are
};

struct Info {
  std::string_view name;          // as typed after --strategy
  std::string_view summary = "";  // one line
  int step = 0;                   // its place in the story: the order of the listing
  load::Promise promise{};
  bool under_faults = false;     // it keeps that, and loses nobody, whatever fails
  bool across_processes = true;  // the promise holds for callers in several processes, too
  Needs needs{};
};

struct Strategy {
  Info info;
  // Makes its scratch area on the servers. Throws core::Failure.
  std::function<std::unique_ptr<load::Deployment>(const Scratch&)> deploy;
  // Finds one that is there, in its run scratch.run, perhaps made by another process.
  std::function<std::unique_ptr<load::Attachment>(const Scratch&)> attach;
};

// Why one that needs these cannot run; "": it can.
std::string missing_server(const Needs& needs, const servers::Presence& presence);

// Every strategy of this build, in the order of its step.
std::vector<Strategy> all();

void add(Strategy strategy);

// A strategy's file ends with `const Register<Deployed, Attached> registered{{.name = …}};`, both
// made from a Scratch.
template <class Deployed, class Attached>
struct Register {
  explicit Register(Info info) {
    add({info, [](const Scratch& scratch) { return std::make_unique<Deployed>(scratch); },
         [](const Scratch& scratch) { return std::make_unique<Attached>(scratch); }});
  }
};

// The attachment of a design whose callers share nothing within a process.
template <class Caller>
class EachAlone final : public load::Attachment {
 public:
  explicit EachAlone(const Scratch& scratch) : scratch_(scratch) {}
  std::unique_ptr<load::Caller> caller() override { return std::make_unique<Caller>(scratch_); }

 private:
  Scratch scratch_;
};

}  // namespace couponctl::strategies
