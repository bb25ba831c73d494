// `couponctl completion`: prints a script that completes command lines.
#include "cli/completion.h"

#include <fmt/format.h>

#include "couponctl/commands.h"

namespace couponctl::cmd {
namespace {

using cli::Command;
using cli::CommandLine;
using cli::Context;

}  // namespace

void add_completion(CommandLine& line) {
  const Command& root = line.root();
  auto& completion = line.command("completion", "Print a script that completes command lines");
  const auto add = [&](const char* shell, const char* use, std::string (*script)(const Command&)) {
    completion.subcommand(shell, fmt::format("Print the script for {}", shell))
        .example(use, "from now on, Tab completes")
        .run([&root, script](const Context& context) {
          fmt::print(context.out, "{}", script(root));
          return core::Exit::ok;
        });
  };
  add("bash", "source <(couponctl completion bash)", cli::bash_completion);
  add("zsh", "source <(couponctl completion zsh)", cli::zsh_completion);
  add("fish", "couponctl completion fish | source", cli::fish_completion);
}

}  // namespace couponctl::cmd
