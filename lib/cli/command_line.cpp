#include "cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/layers.h"
#include "cli/screen.h"
#include "cli/usage_error.h"
#include "core/printable.h"

namespace couponctl::cli {
namespace {

// Before anything is parsed: an error of the parser itself must be as it was asked for, too.
Messages::Manner manner_asked_for(const std::vector<std::string>& arguments,
                                  const Environment& environment) {
  std::string output = environment.variable("COUPONCTL_OUTPUT").value_or("");
  bool quiet = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    const auto next = i + 1 < arguments.size() ? arguments[i + 1] : output;
    quiet = quiet || word == "--quiet";
    if (word == "--output") output = next;
    if (word.starts_with("--output=")) output = word.substr(9);
    if (!word.starts_with('-') || word.starts_with("--")) continue;
    for (word.remove_prefix(1); word.starts_with('q'); word.remove_prefix(1)) quiet = true;
    if (word.starts_with('o')) output = word.size() > 1 ? std::string(word.substr(1)) : next;
  }
  return {.json = output == "json", .quiet = quiet, .ascii = !shows_utf8(environment)};
}

// The reader has seen enough, as in `couponctl … | head -1`: no failure, and nobody to be told.
bool is_gone(const std::system_error& error) { return error.code() == std::errc::broken_pipe; }

std::string version_text(bool json) {
  return json ? fmt::format("{{\"schema_version\":1,\"version\":\"{}\"}}\n", COUPONCTL_VERSION)
              : fmt::format("couponctl {}\n", COUPONCTL_VERSION);
}

}  // namespace

void Context::warn(const std::string& what) const { messages.warning(command.path(), what); }

void Context::complain(core::Exit exit, const std::string& what, const std::string& mend) const {
  messages.error(exit, command.path() + ": " + what, mend);
}

void Context::print(const std::string& text) const {
  const bool is_for_people = globals.output != "csv";
  fmt::print(out, "{}", look.ascii && is_for_people ? core::in_ascii(text) : text);
}

void Context::flush() const {
  if (std::fflush(out) != 0) throw std::system_error(errno, std::generic_category());
}

report::Terminal Context::progress_terminal() const {
  auto terminal = report::standard_error();
  if (globals.quiet) terminal.write = [](std::string_view) {};
  return terminal;
}

CommandLine::CommandLine(Environment environment)
    : environment_(std::move(environment)),
      messages_(environment_.err),
      root_("couponctl", "First-come-first-served coupons") {
  add_globals(root_, globals_);
}

CommandLine& CommandLine::group(std::string title) {
  group_ = std::move(title);
  return *this;
}

Command& CommandLine::command(const std::string& name, std::string summary) {
  return root_.subcommand(name, std::move(summary)).group(group_);
}

core::Exit CommandLine::run(int argc, char** argv) {
  return run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}

core::Exit CommandLine::run(const std::vector<std::string>& arguments) {
  speaker_ = root_.name();
  messages_.speak(manner_asked_for(arguments, environment_));
  typed_ = fmt::format("couponctl {}", fmt::join(arguments, " "));
  auto exit = core::Exit::ok;
  try {
    exit = dispatch(arguments);
    check_written(exit);
  } catch (const UsageError& error) {
    return complain(error.exit(), error.speaker(), error.what(), error.hint());
  } catch (const core::Failure& failure) {
    return complain(failure.exit(), speaker_, failure.what(), failure.hint());
  } catch (const std::system_error& error) {
    // fmt::print itself says only "cannot write to file".
    const bool is_output = std::ferror(environment_.out) != 0;
    if (is_output && is_gone(error)) return exit == core::Exit::ok ? core::Exit::unread : exit;
    return complain(exit == core::Exit::ok ? core::Exit::runtime : exit, speaker_,
                    is_output ? "cannot write to stdout: " + error.code().message() : error.what(),
                    "");
  } catch (const std::exception& error) {
    return complain(core::Exit::runtime, speaker_, error.what(), "");
  }
  return exit;
}

core::Exit CommandLine::dispatch(std::vector<std::string> arguments) {
  const auto word = arguments.empty() ? std::string() : arguments.front();
  const bool asks_help = word == "help";
  if (asks_help || word == "version") {
    arguments.erase(arguments.begin());
    if (asks_help && arguments.size() == 1)
      if (const auto topic = help_topic(root_, arguments.front())) return print(*topic);
    arguments.emplace_back(asks_help ? "--help" : "--version");
  }
  const auto request = parse_arguments(root_, std::move(arguments));
  speaker_ = request.command->path();
  if (request.help) return print(help_text(*request.command));
  if (request.version) return print(version_text(messages_.manner().json));
  if (!request.command->body()) return lacks_command(*request.command);
  std::vector<std::string> warnings;  // whether they are wanted is known once all is set
  set_from_layers(root_, request, environment_,
                  [&](const std::string& what) { warnings.push_back(what); });
  messages_.speak({.json = globals_.output == "json",
                   .quiet = globals_.quiet,
                   .ascii = !shows_utf8(environment_)});
  const auto warn = [this](const std::string& what) { messages_.warning(root_.name(), what); };
  for (const auto& what : warnings) warn(what);
  read_password_files(root_, environment_, warn);
  return start(*request.command);
}

core::Exit CommandLine::print(const std::string& text) const {
  std::fputs((shows_utf8(environment_) ? text : core::in_ascii(text)).c_str(), environment_.out);
  return core::Exit::ok;
}

// Nobody asked for help: it is no result, and stands on stderr.
core::Exit CommandLine::lacks_command(const Command& command) const {
  std::vector<std::string> commands;
  for (const auto* subcommand : command.shown_subcommands()) commands.push_back(subcommand->name());
  if (!messages_.manner().json) messages_.note(help_text(command) + "\n");
  throw UsageError(speaker_,
                   fmt::format("a command is missing: one of {}", fmt::join(commands, ", ")),
                   fmt::format("See \"{} --help\"", speaker_));
}

core::Exit CommandLine::start(const Command& command) {
  return command.body()({.globals = globals_,
                         .command = command,
                         .command_line = typed_,
                         .out = environment_.out,
                         .messages = messages_,
                         .look = look_of(environment_.out, globals_.color, environment_),
                         .err_is_terminal = ::isatty(::fileno(environment_.err)) == 1});
}

core::Exit CommandLine::complain(core::Exit exit, const std::string& speaker,
                                 const std::string& what, const std::string& hint) const {
  messages_.error(exit, speaker.empty() ? what : speaker + ": " + what, hint);
  return exit;
}

// A result that never reached its reader must not look like success.
void CommandLine::check_written(core::Exit exit) const {
  errno = 0;
  if (std::fflush(environment_.out) == 0 && std::ferror(environment_.out) == 0) return;
  if (errno != 0) throw std::system_error(errno, std::generic_category());
  throw core::Failure(exit == core::Exit::ok ? core::Exit::runtime : exit,
                      "cannot write to stdout: an earlier write failed");
}

}  // namespace couponctl::cli
