#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace couponctl::cli {

const std::string_view exit_codes = R"(
Exit codes:
  0  done                                   5  a threshold was missed
  1  something failed while running         6  failed events remain, or inconclusive
  2  a flag, variable or key is wrong       7  refused: needs --yes
  3  a needed server cannot be reached
  4  a promise is broken: over-issued, duplicated or lost
  apply alone: 10 this user already holds a coupon, 11 sold out, 12 not open or closed,
  13 admitted, durability unknown: a retry is safe
  interrupted: 129 by SIGHUP, 130 by SIGINT, 131 by SIGQUIT, 143 by SIGTERM
  141 the reader of the output went away, as in "couponctl config show | head -1"
)";

const std::string_view places = R"(
Every option can also be set by a variable and in a file. From the strongest: flag,
COUPONCTL_* variable, --config FILE or ./couponctl.toml, $XDG_CONFIG_HOME/couponctl/config.toml,
/etc/couponctl/config.toml, and the addresses of a stack that "couponctl stack up" has started.
"couponctl config show" prints what counts and where it came from.
)";

namespace {

constexpr std::size_t width_max = 92;
constexpr std::size_t names_width = 28;  // of the left column; a longer name gets a line of its own

constexpr std::string_view file_habits = R"(
A file is TOML: an option of a command stands in its section, as in
  redis = "10.0.0.5:6379"
  [bench]
  threads = 64
"couponctl config example" prints one with every key. A file with a password must not be readable
by others. An unknown key is an error, an unknown COUPONCTL_* variable a warning.
)";

constexpr std::pair<const char*, const char*> other_variables[] = {
    {"NO_COLOR", "No colours, if it is not empty"},
    {"FORCE_COLOR", "Colours also where no terminal is, if it is not empty, 0 or false"},
    {"TERM", "dumb: neither colours nor a line that is drawn again"},
    {"COLUMNS", "So wide are tables on a terminal, whatever it says itself"},
    {"LC_ALL, LC_CTYPE, LANG", "Marks are ASCII where the first that is set does not say UTF-8"},
    {"XDG_CONFIG_HOME", "Where couponctl/config.toml is looked for; default: ~/.config"},
    {"CREDENTIALS_DIRECTORY", "Where systemd's LoadCredential= has put redis-password and others"},
    {"NOTIFY_SOCKET", "Where consume tells systemd how it goes"}};

// The words of `text`, each line but the first indented; the first begins at column `indent` too.
std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const auto word = text.substr(begin, end - begin);
    if (column > indent && column + 1 + word.size() > width_max) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) out += ' ', ++column;
    out += word;
    column += word.size();
    begin = end + 1;
  }
  return out + "\n";
}

// One entry of a list: a name on the left, text on the right.
std::string entry(const std::string& name, std::string_view text) {
  const bool fits = name.size() + 4 <= names_width;
  return (fits ? fmt::format("  {:<{}}", name, names_width - 2)
               : fmt::format("  {}\n{:{}}", name, "", names_width)) +
         wrap(text, names_width);
}

std::string option_entry(const Option& option) {
  const auto value = option.positional ? "" : placeholder(option);
  const auto letter = option.letter == 0 ? "" : fmt::format("-{}, ", option.letter);
  return entry(letter + option.flag() + (value.empty() ? "" : " ") + value, full_help(option));
}

// The options of one place on the command line under a title, or "" if there are none.
std::string option_list(std::string_view title, const Command& command, bool positional) {
  std::string list;
  for (const auto& option : command.options())
    if (option.on_command_line && option.positional == positional) list += option_entry(option);
  return list.empty() ? "" : fmt::format("\n{}:\n{}", title, list);
}

std::string example_list(const Command& command) {
  std::string list;
  for (const auto& example : command.examples())
    list += fmt::format("  {}\n      {}\n", example.line, example.what);
  return list.empty() ? "" : "\nExamples:\n" + list;
}

std::string command_list(const Command& command) {
  std::string list;
  std::string title;
  for (const auto* subcommand : command.shown_subcommands()) {
    const auto& group = subcommand->group().empty() ? "Commands" : subcommand->group();
    if (group != title) list += "\n" + group + ":\n";
    title = group;
    list += entry(subcommand->name(), subcommand->summary());
  }
  return list;
}

std::string usage(const Command& command) {
  std::string line = "\nUsage: " + command.path();
  for (const auto& option : command.options()) {
    if (!option.positional) continue;
    line += option.required ? " " + placeholder(option) : " [" + placeholder(option) + "]";
  }
  if (!command.shown_subcommands().empty()) line += " COMMAND";
  return line + " [options]\n";
}

// The names alone of what stands in the main help.
std::string global_list(const Command& root) {
  std::string names;
  for (const auto& option : root.options())
    if (option.on_command_line) names += (names.empty() ? "" : " ") + option.flag();
  return "\nGlobal options, explained by \"couponctl --help\":\n  " + wrap(names, 2);
}

std::string environment_topic(const Command& root) {
  std::string text = "Variables that set an option; a flag is stronger, a file weaker:\n";
  std::vector<std::string> told;
  for (const auto* command : shown_tree(root))
    for (const auto& option : command->options()) {
      const auto variable = option.variable();
      if (!option.in_environment || std::ranges::find(told, variable) != told.end()) continue;
      told.push_back(variable);
      text += entry(variable, plain_help(option));
    }
  text += "\nOthers:\n";
  for (const auto& [name, what] : other_variables) text += entry(name, what);
  return text;
}

}  // namespace

std::string full_help(const Option& option) {
  std::string limits = option.range;
  if (!option.initial.empty() && option.kind != Kind::flag)
    limits += (limits.empty() ? "default " : "; default ") + option.initial;
  return plain_help(option) + (limits.empty() ? "" : " (" + limits + ")");
}

std::optional<std::string> help_topic(const Command& root, std::string_view name) {
  if (name == "exit-codes") return std::string(exit_codes.substr(1));
  if (name == "environment") return environment_topic(root);
  const auto& commands = root.subcommands();
  const auto config = std::ranges::find(commands, name, &Command::name);
  if (name != "config" || config == commands.end()) return std::nullopt;
  return help_text(*config) + std::string(places) + std::string(file_habits);
}

std::string help_text(const Command& command) {
  std::string text = fmt::format("{}: {}\n", command.path(), command.summary());
  text += example_list(command);
  text += usage(command);
  text += command_list(command);
  if (command.parent() == nullptr) {
    text += entry("help [COMMAND]",
                  "This help, or that of a command; also of exit-codes, environment or config");
    text += entry("version", "The version, as --version");
    text += option_list("Global options", command, false);
    text += entry("-h, --help", "This help, or that of a command");
    text += entry("-V, --version", "The version, on one line");
    return text + std::string(places) + std::string(exit_codes);
  }
  text += option_list("Arguments", command, true);
  const Command* above = &command;
  for (; above->parent() != nullptr; above = above->parent())
    text +=
        option_list(above == &command ? "Options" : "Options of " + above->path(), *above, false);
  return text + global_list(*above);
}

}  // namespace couponctl::cli
