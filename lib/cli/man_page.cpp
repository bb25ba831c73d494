#include "cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "cli/help.h"

namespace couponctl::cli {
namespace {

// roff takes a plain one for a hyphen or a typographic quote, which nobody could paste.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  return out;
}

// A line of text; one that begins with a full stop would be a request.
std::string line(std::string_view text) {
  return (text.starts_with('.') ? "\\&" : "") + escaped(text) + "\n";
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

// A paragraph that stands under what it explains.
std::string tagged(const std::string& tag, std::string_view text) {
  return ".TP\n" + tag + "\n" + line(text);
}

std::string examples(const Command& command) {
  std::string list;
  for (const auto& example : command.examples()) list += tagged(bold(example.line), example.what);
  return list;
}

std::string tag(const Option& option) {
  if (option.positional) return italic(option.name);
  const auto value = placeholder(option);
  const auto letter = option.letter == 0 ? "" : bold(std::string{'-', option.letter}) + ", ";
  return letter + bold(option.flag()) + (value.empty() ? "" : " " + italic(value));
}

std::string options(const Command& command) {
  std::string list;
  for (const auto& option : command.options()) {
    if (!option.on_command_line) continue;
    list += tagged(tag(option), full_help(option));
  }
  return list;
}

std::string section(std::string_view title, const std::string& text) {
  return text.empty() ? "" : fmt::format(".SH {}\n{}", title, text);
}

std::string commands(const Command& root) {
  std::string list;
  for (const auto* command : shown_tree(root)) {
    if (command == &root) continue;
    list += fmt::format(".SS {}\n{}", bold(command->path()), line(command->summary()));
    list += examples(*command) + options(*command);
  }
  return list;
}

// As it stands in the help, its empty lines left out.
std::string literal(std::string_view text) {
  std::string lines = ".nf\n";
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines += line(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines + ".fi\n";
}

}  // namespace

std::string man_page(const Command& root) {
  return fmt::format(".TH COUPONCTL 1 \"\" \"couponctl {}\" \"User Commands\"\n",
                     COUPONCTL_VERSION) +
         section("NAME", escaped(root.name()) + " \\- " + line(root.summary())) +
         section("SYNOPSIS",
                 bold(root.name()) + " " + italic("COMMAND") + " [" + italic("options") + "]\n") +
         section("EXAMPLES", examples(root)) + section("COMMANDS", commands(root)) +
         section("GLOBAL OPTIONS",
                 options(root) +
                     tagged(bold("-h") + ", " + bold("--help"), "This help, or that of a command") +
                     tagged(bold("-V") + ", " + bold("--version"), "The version, on one line")) +
         section("SETTINGS", literal(places)) + section("EXIT STATUS", literal(exit_codes));
}

}  // namespace couponctl::cli
