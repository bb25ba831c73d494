#include "cli/command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/parse.h"

namespace couponctl::cli {
namespace {

using core::Result;

// A duration as parse_duration reads it: no fraction.
std::string duration_text(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  if (count == 0 || count % 1000 != 0) return fmt::format("{}ms", count);
  if (count % 60'000 != 0) return fmt::format("{}s", count / 1000);
  if (count % 3'600'000 != 0) return fmt::format("{}m", count / 60'000);
  return fmt::format("{}h", count / 3'600'000);
}

Result<void> check_text(std::string_view text, const Command::Validate& validate) {
  if (text.empty()) return core::Error{core::Fault::invalid, {}, "must not be empty"};
  return validate ? validate(text) : Result<void>();
}

// Stores what `parsed` holds, or says why it holds nothing.
template <class T>
Result<void> store(Result<T> parsed, T& target) {
  if (!parsed) return parsed.error();
  target = *std::move(parsed);
  return {};
}

Result<std::vector<std::string>> split_list(std::string_view text,
                                            const Command::Validate& validate) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto item = text.substr(begin, end - begin);
    if (item.empty())
      return core::Error{core::Fault::invalid,
                         {},
                         fmt::format("must be names separated by commas (got {}: an empty one)",
                                     core::quote(text))};
    if (auto checked = check_text(item, validate); !checked) return checked.error();
    items.emplace_back(item);
    begin = end + 1;
  }
  return items;
}

}  // namespace

Command::Command(std::string name, std::string summary, const Command* parent)
    : name_(std::move(name)), summary_(std::move(summary)), parent_(parent) {}

Command& Command::example(std::string line, std::string what) {
  examples_.push_back({std::move(line), std::move(what)});
  return *this;
}

Command& Command::add(Option option) {
  // TOML cannot hold a key and a section of one name.
  assert(std::ranges::none_of(visible_options(), [&](const Option* other) {
    return other->name == option.name || other->key() == section();
  }));
  option.section = section();
  options_.push_back(std::move(option));
  return *this;
}

Command& Command::integer(const std::string& name, std::int64_t& target, std::int64_t min,
                          std::int64_t max, std::string help) {
  return add({.name = name,
              .kind = Kind::integer,
              .help = std::move(help),
              .range = fmt::format("{}..{}", min, max),
              .initial = fmt::to_string(target),
              .assign = [&target, min, max](std::string_view text) {
                return store(core::parse_integer(text, min, max), target);
              }});
}

Command& Command::number(const std::string& name, double& target, double min, double max,
                         std::string help) {
  return add({.name = name,
              .kind = Kind::number,
              .help = std::move(help),
              .range = fmt::format("{}..{}", min, max),
              .initial = fmt::to_string(target),
              .assign = [&target, min, max](std::string_view text) {
                return store(core::parse_number(text, min, max), target);
              }});
}

Command& Command::duration(const std::string& name, std::chrono::milliseconds& target,
                           std::chrono::milliseconds min, std::chrono::milliseconds max,
                           std::string help) {
  return add({.name = name,
              .kind = Kind::duration,
              .help = std::move(help),
              .range = duration_text(min) + ".." + duration_text(max),
              .initial = duration_text(target),
              .assign = [&target, min, max](std::string_view text) {
                return store(core::parse_duration(text, min, max), target);
              }});
}

Command& Command::choice(const std::string& name, std::string& target,
                         std::vector<std::string> choices, std::string help) {
  return add({.name = name,
              .kind = Kind::choice,
              .help = std::move(help),
              .range = fmt::format("{}", fmt::join(choices, ", ")),
              .choices = choices,
              .initial = target,
              .assign = [&target, choices](std::string_view text) {
                return store(core::parse_choice(text, choices), target);
              }});
}

Command& Command::text(const std::string& name, std::string& target, std::string help,
                       Validate validate) {
  return add(
      {.name = name,
       .kind = Kind::text,
       .help = std::move(help),
       .initial = target,
       .assign = [&target, validate = std::move(validate)](std::string_view text) -> Result<void> {
         if (auto checked = check_text(text, validate); !checked) return checked;
         target = text;
         return {};
       }});
}

Command& Command::list(const std::string& name, std::vector<std::string>& target, std::string help,
                       Validate validate) {
  return add({.name = name,
              .kind = Kind::list,
              .help = std::move(help),
              .initial = fmt::format("{}", fmt::join(target, ",")),
              .assign = [&target, validate = std::move(validate)](std::string_view text) {
                return store(split_list(text, validate), target);
              }});
}

Command& Command::flag(const std::string& name, bool& target, std::string help) {
  return add({.name = name,
              .kind = Kind::flag,
              .help = std::move(help),
              .initial = target ? "true" : "false",
              .assign = [&target](std::string_view text) {
                return store(core::parse_bool(text), target);
              }});
}

Command& Command::positional(const std::string& name, std::string& target, bool required,
                             std::string help, Validate validate) {
  text(name, target, std::move(help), std::move(validate));
  options_.back().positional = true;
  options_.back().required = required;
  return flag_only();
}

Command& Command::required() {
  options_.back().required = true;
  return *this;
}

Command& Command::flag_only() {
  options_.back().in_environment = options_.back().in_files = false;
  return *this;
}

Command& Command::letter(char letter) {
  options_.back().letter = letter;
  return *this;
}

Command& Command::suggests(std::vector<std::string> choices) {
  options_.back().choices = std::move(choices);
  return *this;
}

Command& Command::top_level() {
  options_.back().section = "";
  return *this;
}

Command& Command::subcommand(const std::string& name, std::string summary) {
  return subcommands_.emplace_back(name, std::move(summary), this);
}

Command& Command::group(std::string title) {
  group_ = std::move(title);
  return *this;
}

Command& Command::hidden() {
  hidden_ = true;
  return *this;
}

void Command::run(Run run) { run_ = std::move(run); }

std::string Command::path() const {
  return parent_ == nullptr ? name_ : parent_->path() + " " + name_;
}

std::string Command::section() const {
  if (parent_ == nullptr) return "";
  const auto above = parent_->section();
  return above.empty() ? name_ : above + "-" + name_;
}

std::vector<const Command*> Command::shown_subcommands() const {
  std::vector<const Command*> shown;
  for (const auto& command : subcommands_)
    if (!command.is_hidden()) shown.push_back(&command);
  return shown;
}

std::vector<const Option*> Command::visible_options() const {
  std::vector<const Option*> visible;
  for (const Command* command = this; command != nullptr; command = command->parent_)
    for (const auto& option : command->options_) visible.push_back(&option);
  return visible;
}

const Option& Command::option(std::string_view name) const {
  const auto visible = visible_options();
  const auto found = std::ranges::find(visible, name, &Option::name);
  assert(found != visible.end());
  return **found;
}

std::vector<Option*> all_options(Command& root) {
  std::vector<Option*> options;
  for (auto& option : root.options()) options.push_back(&option);
  for (auto& command : root.subcommands())
    for (auto* option : all_options(command)) options.push_back(option);
  return options;
}

std::vector<const Command*> shown_tree(const Command& command) {
  std::vector<const Command*> tree = {&command};
  for (const auto* subcommand : command.shown_subcommands())
    for (const auto* below : shown_tree(*subcommand)) tree.push_back(below);
  return tree;
}

}  // namespace couponctl::cli
