// `couponctl config`: which settings count, where they came from, and a file to start from.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "couponctl/commands.h"
#include "report/table.h"

namespace couponctl::cmd {
namespace {

using cli::Command;
using cli::CommandLine;
using cli::Context;
using cli::Kind;
using cli::Knob;

report::Format format_of(const std::string& output) {
  if (output == "csv") return report::Format::csv;
  return output == "markdown" ? report::Format::markdown : report::Format::table;
}

// Each key once: several commands may share a top-level one.
void gather(const Command& command, std::vector<const Knob*>& knobs) {
  for (const auto& knob : command.knobs())
    if (!knob.positional &&
        std::ranges::none_of(knobs, [&](const Knob* other) { return other->key() == knob.key(); }))
      knobs.push_back(&knob);
  for (const auto* subcommand : command.shown_subcommands()) gather(*subcommand, knobs);
}

// In the order of a file: the global ones, then one section after the other.
std::vector<const Knob*> shown_knobs(const Command& root) {
  std::vector<const Knob*> knobs;
  gather(root, knobs);
  std::ranges::stable_sort(knobs, {}, [](const Knob* knob) { return !knob->section.empty(); });
  return knobs;
}

std::string shown_value(const Knob& knob) {
  return knob.secret && !knob.value.empty() ? "****" : knob.value;
}

core::Exit show(const Command& root, const Context& context) {
  const auto knobs = shown_knobs(root);
  if (context.globals.output == "json") {
    nlohmann::ordered_json document = {{"schema_version", 1},
                                       {"settings", nlohmann::json::array()}};
    for (const auto* knob : knobs)
      document["settings"].push_back(
          {{"key", knob->key()}, {"value", shown_value(*knob)}, {"origin", knob->origin.where}});
    fmt::print(context.out, "{}\n", document.dump(2));
    return core::Exit::ok;
  }
  report::Table table({{"KEY"}, {"VALUE"}, {"ORIGIN"}});
  for (const auto* knob : knobs) table.add({knob->key(), shown_value(*knob), knob->origin.where});
  fmt::print(context.out, "{}", table.render(format_of(context.globals.output), context.color_out));
  return core::Exit::ok;
}

std::string toml_value(const Knob& knob) {
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  switch (knob.kind) {
    case Kind::integer:
    case Kind::number:
    case Kind::flag:
      return knob.initial;
    case Kind::list:
      break;
    case Kind::duration:
    case Kind::choice:
    case Kind::text:
      return quoted(knob.initial);
  }
  std::string items = quoted(knob.initial);
  for (auto comma = items.find(','); comma != std::string::npos; comma = items.find(',', comma + 4))
    items.replace(comma, 1, "\", \"");
  return knob.initial.empty() ? "[]" : "[" + items + "]";
}

// Every key with its help, commented out: what holds without a file.
core::Exit print_example(const Command& root, const Context& context) {
  fmt::print(
      context.out,
      "# couponctl.toml: every setting with its default. Remove the # before a key to change "
      "it.\n# Flags and COUPONCTL_* variables are stronger than this file.\n");
  std::string section;
  for (const auto* knob : shown_knobs(root)) {
    if (!knob->in_files) continue;
    if (knob->section != section) fmt::print(context.out, "\n[{}]\n", knob->section);
    section = knob->section;
    const auto range = knob->range.empty() ? "" : " (" + knob->range + ")";
    fmt::print(context.out, "\n# {}{}\n#{} = {}\n", plain_help(*knob), range, knob->name,
               toml_value(*knob));
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
