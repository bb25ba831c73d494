// `couponctl config`: which settings count, where they came from, and a file to start from.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/output.h"
#include "couponctl/commands.h"
#include "report/table.h"

namespace couponctl::cmd {
namespace {

using cli::Command;
using cli::CommandLine;
using cli::Context;
using cli::Kind;
using cli::Option;

// Each key once: several commands may share a top-level one.
void gather(const Command& command, std::vector<const Option*>& options) {
  for (const auto& option : command.options())
    if (!option.positional && std::ranges::none_of(options, [&](const Option* other) {
          return other->key() == option.key();
        }))
      options.push_back(&option);
  for (const auto* subcommand : command.shown_subcommands()) gather(*subcommand, options);
}

// In the order of a file: the global ones, then one section after the other.
std::vector<const Option*> shown_options(const Command& root) {
  std::vector<const Option*> options;
  gather(root, options);
  std::ranges::stable_sort(options, {},
                           [](const Option* option) { return !option->section.empty(); });
  return options;
}

std::string shown_value(const Option& option) {
  return option.secret && !option.value.empty() ? "****" : option.value;
}

core::Exit show(const Command& root, const Context& context) {
  const auto options = shown_options(root);
  if (context.globals.output == "json") {
    nlohmann::ordered_json document = {{"schema_version", 1},
                                       {"settings", nlohmann::json::array()}};
    for (const auto* option : options)
      document["settings"].push_back({{"key", option->key()},
                                      {"value", shown_value(*option)},
                                      {"origin", option->origin.where}});
    fmt::print(context.out, "{}\n", document.dump(2));
    return core::Exit::ok;
  }
  report::Table table({{"KEY"}, {"VALUE"}, {"ORIGIN"}});
  for (const auto* option : options)
    table.add({option->key(), shown_value(*option), option->origin.where});
  context.print(table.render(cli::format_of(context.globals), context.look));
  return core::Exit::ok;
}

std::string toml_value(const Option& option) {
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  switch (option.kind) {
    case Kind::integer:
    case Kind::number:
    case Kind::flag:
      return option.initial;
    case Kind::list:
      break;
    case Kind::duration:
    case Kind::choice:
    case Kind::text:
      return quoted(option.initial);
  }
  std::string items = quoted(option.initial);
  for (auto comma = items.find(','); comma != std::string::npos; comma = items.find(',', comma + 4))
    items.replace(comma, 1, "\", \"");
  return option.initial.empty() ? "[]" : "[" + items + "]";
}

// Every key with its help, commented out: what holds without a file.
core::Exit print_example(const Command& root, const Context& context) {
  fmt::print(
      context.out,
      "# couponctl.toml: every setting with its default. Remove the # before a key to change "
      "it.\n# Flags and COUPONCTL_* variables are stronger than this file.\n");
  std::string section;
  for (const auto* option : shown_options(root)) {
    if (!option->in_files) continue;
    if (option->section != section) fmt::print(context.out, "\n[{}]\n", option->section);
    section = option->section;
    const auto range = option->range.empty() ? "" : " (" + option->range + ")";
    fmt::print(context.out, "\n# {}{}\n#{} = {}\n", plain_help(*option), range, option->name,
               toml_value(*option));
  }
  return core::Exit::ok;
}

}  // namespace

void add_config(CommandLine& line) {
  const Command& root = line.root();
  auto& config = line.command("config", "Show the settings, or print a file to start from");
  config.subcommand("show", "Print every setting, its value and where that came from")
      .example("couponctl config show", "passwords are shown as ****")
      .example("couponctl config show --output json", "for a program")
      .run([&root](const Context& context) { return show(root, context); });
  config.subcommand("example", "Print a couponctl.toml with every key, its meaning and its default")
      .example("couponctl config example > couponctl.toml", "a file to start from")
      .run([&root](const Context& context) { return print_example(root, context); });
}

}  // namespace couponctl::cmd
