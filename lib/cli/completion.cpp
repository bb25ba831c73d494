#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

namespace couponctl::cli {
namespace {

using Commands = std::vector<const Command*>;

std::vector<const Option*> own_flags(const Command& command) {
  std::vector<const Option*> flags;
  for (const auto& option : command.options())
    if (option.on_command_line && !option.positional) flags.push_back(&option);
  return flags;
}

std::string quoted(std::string_view text, std::string_view quote_inside) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string(quote_inside) : std::string(1, c);
  return out + "'";
}

// In bash and zsh a quote inside quotes ends them, stands alone, and begins them again.
std::string posix_quoted(std::string_view text) { return quoted(text, R"('\'')"); }
std::string fish_quoted(std::string_view text) { return quoted(text, R"(\')"); }

bool names_a_file(const Option& option) { return placeholder(option) == "FILE"; }

// The patterns of a `case` that walks down from command to subcommand.
std::string walk(const Commands& tree, std::string_view separator) {
  std::string patterns;
  for (const auto* command : tree)
    if (command->parent() != nullptr)
      patterns += (patterns.empty() ? "" : std::string(separator)) + "'" + command->path() + "'";
  return patterns;
}

// How a shell completes a value: one of several words, several of them with commas, or a file.
struct Actions {
  std::string_view word;
  std::string_view words;
  std::string_view file;
};

// One arm of a `case` over "command --flag" for each flag that takes a value, in bash and in zsh.
std::string value_arms(const Commands& tree, const Actions& actions) {
  std::string arms;
  for (const auto* command : tree)
    for (const auto* option : own_flags(*command)) {
      if (option->kind == Kind::flag) continue;
      std::string action;
      if (names_a_file(*option)) action = actions.file;
      if (!option->choices.empty())
        action =
            fmt::format(fmt::runtime(option->kind == Kind::list ? actions.words : actions.word),
                        fmt::join(option->choices, " "));
      auto pattern = fmt::format("'{}'*' {}'", command->path(), option->flag());
      if (option->letter != 0)
        pattern += fmt::format("|'{}'*' -{}'", command->path(), option->letter);
      arms += fmt::format("    {}) {}return ;;\n", pattern, action.empty() ? "" : action + "; ");
    }
  return arms;
}

std::string bash_script(const Commands& tree) {
  std::string words;
  for (const auto* command : tree) {
    words += fmt::format("    '{}') words='", command->path());
    for (const auto* subcommand : command->shown_subcommands()) words += subcommand->name() + " ";
    for (const Command* above = command; above != nullptr; above = above->parent())
      for (const auto* option : own_flags(*above)) words += option->flag() + " ";
    words += "--help' ;;\n";
  }
  return fmt::format(R"(# bash completion of couponctl: source <(couponctl completion bash)
# One word of $1, behind $head; of a list the last item.
_couponctl_word() {{ COMPREPLY=($(compgen -P "$head" -W "$1" -- "$current")); }}
_couponctl_item() {{
  case $current in *,*) head=$head${{current%,*}}, current=${{current##*,}} ;; esac
  _couponctl_word "$1"
}}
_couponctl() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local at=couponctl words= head= i
  # --flag=value is three words, or one where COMP_WORDBREAKS has no "=".
  case $current in
    =) current= ;;
    --*=*) previous=${{current%%=*}} head=${{current%%=*}}= current=${{current#*=}} ;;
    *) [ "$previous" != = ] || previous=${{COMP_WORDS[COMP_CWORD-2]}} ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${{COMP_WORDS[i]}}" in
      {}) at="$at ${{COMP_WORDS[i]}}" ;;
    esac
  done
  COMPREPLY=()
  case "$at $previous" in
{}  esac
  case $at in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _couponctl couponctl
)",
                     walk(tree, "|"),
                     value_arms(tree, {"_couponctl_word '{}'", "_couponctl_item '{}'",
                                       R"(COMPREPLY=($(compgen -f -P "$head" -- "$current")))"}),
                     words);
}

std::string zsh_script(const Commands& tree) {
  std::string words;
  const auto describe = [&](const std::string& name, const std::string& what) {
    words += " " + posix_quoted(name + ":" + what);
  };
  for (const auto* command : tree) {
    words += fmt::format("    '{}') found=(", command->path());
    for (const auto* subcommand : command->shown_subcommands())
      describe(subcommand->name(), subcommand->summary());
    for (const Command* above = command; above != nullptr; above = above->parent())
      for (const auto* option : own_flags(*above)) describe(option->flag(), plain_help(*option));
    describe("--help", "Explain this command");
    words += " ) ;;\n";
  }
  return fmt::format(
      R"(#compdef couponctl
# zsh completion of couponctl: couponctl completion zsh > "${{fpath[1]}}/_couponctl"
_couponctl() {{
  local at=couponctl word
  local -a found
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$at $word" in
      {}) at="$at $word" ;;
    esac
  done
  local previous=${{words[CURRENT-1]}}
  if [[ ${{words[CURRENT]}} == --*=* ]]; then
    previous=${{words[CURRENT]%%=*}}
    compset -P '*='
  fi
  case "$at $previous" in
{}  esac
  case $at in
{}  esac
  # Words after -o are found only where a dash is typed.
  local -a plain=(${{found:#-*}})
  if [[ ${{words[CURRENT]}} == -* ]]; then
    _describe -o option found
  else
    _describe command plain
  fi
}}
if [ "$funcstack[1]" = _couponctl ]; then _couponctl "$@"; else compdef _couponctl couponctl; fi
)",
      walk(tree, "|"),
      value_arms(tree, {"compadd -- {}", "compset -P '*,'; compadd -S '' -- {}", "_files"}), words);
}

std::string fish_flag(const Command& command, const Option& option) {
  std::string value;
  if (option.kind != Kind::flag) value = names_a_file(option) ? " -r -F" : " -x";
  if (!option.choices.empty())
    value += fmt::format(
        fmt::runtime(option.kind == Kind::list ? " -a '(__couponctl_items {})'" : " -a '{}'"),
        fmt::join(option.choices, " "));
  if (option.letter != 0) value += fmt::format(" -s {}", option.letter);
  return fmt::format(
      "complete -c couponctl -n \"string match -q -- '{}*' (__couponctl_at)\" -l {}{} -d {}\n",
      command.path(), option.name, value, fish_quoted(plain_help(option)));
}

std::string fish_script(const Commands& tree) {
  std::string lines;
  for (const auto* command : tree) {
    for (const auto* subcommand : command->shown_subcommands())
      lines +=
          fmt::format("complete -c couponctl -n \"test (__couponctl_at) = '{}'\" -a {} -d {}\n",
                      command->path(), subcommand->name(), fish_quoted(subcommand->summary()));
    for (const auto* option : own_flags(*command)) lines += fish_flag(*command, *option);
  }
  return fmt::format(R"(# fish completion of couponctl: couponctl completion fish | source
function __couponctl_at
  set -l at couponctl
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case {}
        set at "$at $word"
    end
  end
  echo $at
end
function __couponctl_items
  set -l typed (commandline -ct | string replace -r '^--[^=]*=' '')
  set -l head (string replace -r '[^,]*$' '' -- $typed)
  for item in $argv
    echo $head$item
  end
end
complete -c couponctl -f
complete -c couponctl -l help -d 'Explain this command'
{})",
                     walk(tree, " "), lines);
}

}  // namespace

std::string bash_completion(const Command& root) { return bash_script(shown_tree(root)); }
std::string zsh_completion(const Command& root) { return zsh_script(shown_tree(root)); }
std::string fish_completion(const Command& root) { return fish_script(shown_tree(root)); }

}  // namespace couponctl::cli
