// The one file that knows CLI11. It only tokenizes: every value stays text, because CLI11 takes
// -1 for 1.8e19, 010 for 8, "" for 0 and the next flag for a value, and ends with codes over 100.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "cli/usage_error.h"

namespace couponctl::cli {
namespace {

struct Grammar {
  CLI::App app;
  std::map<const CLI::App*, const Command*> commands;
  std::vector<std::pair<Option*, const CLI::Option*>> taken;
  std::vector<const CLI::Option*> help;
  const CLI::Option* version = nullptr;
};

void declare(Grammar& grammar, CLI::App& app, Command& command) {
  grammar.commands[&app] = &command;
  app.set_help_flag();
  app.allow_extras()->fallthrough()->require_subcommand(0, 1);
  grammar.help.push_back(app.add_flag("-h,--help"));
  for (auto& option : command.options()) {
    if (!option.on_command_line) continue;
    const auto names =
        option.letter == 0 ? option.flag() : fmt::format("-{},{}", option.letter, option.flag());
    auto* taken = option.kind == Kind::flag ? app.add_flag(names)
                                            : app.add_option(names)->allow_extra_args(false);
    taken->take_all();
    grammar.taken.emplace_back(&option, taken);
  }
  for (auto& subcommand : command.subcommands())
    declare(grammar, *app.add_subcommand(subcommand.name()), subcommand);
}

const Command* chosen(const Grammar& grammar) {
  const CLI::App* app = &grammar.app;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return grammar.commands.at(app);
}

std::vector<std::string> flags_of(const Command& command) {
  std::vector<std::string> flags = {"--help", "--version"};
  for (const auto* option : command.visible_options())
    if (option->on_command_line && !option->positional) flags.push_back(option->flag());
  return flags;
}

std::vector<std::string> names(const std::vector<const Command*>& commands) {
  std::vector<std::string> names;
  for (const auto* command : commands) names.push_back(command->name());
  return names;
}

// -v for -V: a letter is a flag of that very case.
std::string suggest_letter(const Command& command, const std::string& flag,
                           const std::string& otherwise) {
  std::string letters = "hV";
  for (const auto* option : command.visible_options())
    if (option->letter != 0) letters += option->letter;
  for (const char letter : letters)
    if (flag.size() == 2 && (flag[1] ^ letter) == ('a' ^ 'A'))
      return fmt::format("Did you mean '-{}'?", letter);
  return otherwise;
}

[[noreturn]] void refuse_word(const Command& command, const std::string& word) {
  const auto see_help = fmt::format("See \"{} --help\"", command.path());
  if (word.size() > 1 && word.front() == '-') {
    const auto flag = word.substr(0, word.find('='));
    const auto flags = flags_of(command);
    if (std::ranges::find(flags, flag) != flags.end())
      throw UsageError(command.path(), fmt::format("{} belongs behind the command's name", flag));
    throw UsageError(command.path(), "unknown option " + name_it(flag),
                     suggest_letter(command, flag, suggest(flag, flags, see_help)));
  }
  if (command.subcommands().empty())
    throw UsageError(command.path(), "unexpected argument " + name_it(word), see_help);
  throw UsageError(command.path(), "unknown command " + name_it(word),
                   suggest(word, names(command.shown_subcommands()), see_help));
}

// The first word, in the order of the line, that nothing took.
void refuse_leftovers(const Grammar& grammar, const std::vector<std::string>& arguments) {
  const auto left = grammar.app.remaining(true);
  for (const auto& word : arguments)
    if (word != "--" && std::ranges::find(left, word) != left.end())
      refuse_word(*chosen(grammar), word);
}

// "--force" or "-q"; "-5s" is a number with a sign.
bool looks_like_flag(const std::string& text) {
  return text.starts_with("--") ||
         (text.size() == 2 && text[0] == '-' && (text[1] < '0' || text[1] > '9'));
}

std::string only_value(const Command& command, const Option& option,
                       const std::vector<std::string>& results) {
  for (const auto& text : results)
    if (looks_like_flag(text))
      throw UsageError(command.path(), fmt::format("{} needs a value: {} looks like a flag",
                                                   option.flag(), name_it(text)));
  if (option.kind == Kind::list) return fmt::format("{}", fmt::join(results, ","));
  if (results.size() > 1)
    throw UsageError(command.path(),
                     fmt::format("{} is given {} times", option.flag(), results.size()));
  return results.front();
}

// CLI11 would take the word after `--name=` for its value; it is an empty one.
std::vector<std::string> split_empty_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (const auto& word : arguments) {
    if (!word.starts_with("--") || word.find('=') + 1 != word.size()) {
      words.push_back(word);
      continue;
    }
    words.push_back(word.substr(0, word.size() - 1));
    words.emplace_back();
  }
  return words;
}

}  // namespace

Request parse_arguments(Command& root, std::vector<std::string> arguments) {
  Grammar grammar;
  declare(grammar, grammar.app, root);
  grammar.version = grammar.app.add_flag("-V,--version");
  arguments = split_empty_values(arguments);
  try {
    grammar.app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ArgumentMismatch&) {  // only the last option can lack its value
    throw UsageError(chosen(grammar)->path(), arguments.back() + " needs a value");
  } catch (const CLI::ParseError& error) {
    throw UsageError(chosen(grammar)->path(), error.what());
  }
  refuse_leftovers(grammar, arguments);

  Request request;
  request.command = chosen(grammar);
  for (const auto& [option, taken] : grammar.taken)
    if (!taken->empty())
      request.values.emplace_back(option, only_value(*request.command, *option, taken->results()));
  request.help = std::ranges::any_of(grammar.help, [](const auto* flag) { return !flag->empty(); });
  request.version = !grammar.version->empty();
  return request;
}

}  // namespace couponctl::cli
