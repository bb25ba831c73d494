#include "fault/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

namespace couponctl::fault {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

Finished Commands::run(std::vector<std::string> words, const Armed& armed,
                       std::chrono::seconds within, const std::string& input) {
  const auto what = fmt::format("{}", fmt::join(words, " "));
  auto process =
      process::Child::spawn(workspace_.conversation(std::move(words), "commands.log", armed));
  process.write(input);
  process.close_input();
  Finished finished;
  const auto deadline = Clock::now() + within;
  while (process.output().open() && Clock::now() < deadline)
    if (const auto line = process.output().next(50ms)) finished.lines.emplace_back(line->text);
  const auto code = process.wait(1s);
  if (code) finished.code = *code;
  if (!code) tally_.found(Breach::hung, fmt::format("{} does not end", what));
  if (code && crashed(*code))
    tally_.found(Breach::hung, fmt::format("{} crashed: {}", what, *code));
  return finished;
}

Finished Commands::run_again(const std::vector<std::string>& words, const Armed& armed,
                             std::chrono::seconds within) {
  auto finished = run(words, armed, within);
  if (finished.code != 128 + SIGKILL || armed.point.empty()) return finished;
  tally_.happened("point " + armed.point);
  return run(words, {}, within);
}

}  // namespace couponctl::fault
