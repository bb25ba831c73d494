// Entry point: the table of contents of the program.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>
#include <vector>

#include "cli/command_line.h"
#include "couponctl/commands.h"
#include "stack/stack.h"

namespace {

namespace cmd = couponctl::cmd;
namespace stack = couponctl::stack;
using couponctl::cli::CommandLine;

struct Group {
  const char* title;
  std::vector<void (*)(CommandLine&)> commands;
};

// In the order of --help.
const Group contents[] = {
    {"Issue", {cmd::add_campaign, cmd::add_apply, cmd::add_consume}},
    {"Prove", {cmd::add_bench, cmd::add_check, cmd::add_explore, cmd::add_audit}},
    {"Maintain",
     {cmd::add_status, cmd::add_recover, cmd::add_replay_failed, cmd::add_reset_redis,
      cmd::add_migrate}},
    {"Servers", {cmd::add_stack}},
    {"Other", {cmd::add_config, cmd::add_completion, cmd::add_man_page, cmd::add_worker}},
};

void guard_process() {
  // A reader that went away is a write that fails with EPIPE, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  // A core file would hold the passwords.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  // If a standard stream is closed, the next socket would get its number and our output. Opened so
  // that neither reading nor writing works.
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0) ::open("/", O_PATH);
  // What a command prints is written at once, so that the reason is known if it cannot be.
  static std::array<char, 1 << 16> output;
  if (::isatty(STDOUT_FILENO) == 0) std::setvbuf(stdout, output.data(), _IOFBF, output.size());
}

}  // namespace

int main(int argc, char** argv) {
  guard_process();
  auto environment = couponctl::cli::Environment::current();
  environment.stack_config = [] { return stack::settings_of(stack::default_directory()); };
  CommandLine line(std::move(environment));
  line.root().example("couponctl bench --threads 32 --requests 1000", "the race, on any machine");
  line.root().example("couponctl config show", "what is set, and where each value came from");
  for (const auto& group : contents) {
    line.group(group.title);
    for (const auto add : group.commands) add(line);
  }
  return static_cast<int>(line.run(argc, argv));
}
