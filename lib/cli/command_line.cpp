#include "cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <system_error>

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/layers.h"
#include "cli/usage_error.h"

namespace couponctl::cli {
namespace {

// Before anything is parsed: an error of the parser itself must be JSON too if JSON was asked for.
bool asks_for_json(const std::vector<std::string>& arguments, const Environment& environment) {
  std::string output = environment.variable("COUPONCTL_OUTPUT").value_or("");
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--output" && i + 1 < arguments.size()) output = arguments[i + 1];
    if (arguments[i].starts_with("--output=")) output = arguments[i].substr(9);
  }
  return output == "json";
}

std::string json_line(const char* what, nlohmann::ordered_json body) {
  const nlohmann::ordered_json document = {{"schema_version", 1}, {what, std::move(body)}};
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void Context::warn(const std::string& what) const {
  fmt::print(err, "{}: warning: {}\n", command.path(), what);
}

CommandLine::CommandLine(Environment environment)
    : environment_(std::move(environment)), root_("couponctl", "First-come-first-served coupons") {
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
  json_ = asks_for_json(arguments, environment_);
  typed_ = fmt::format("couponctl {}", fmt::join(arguments, " "));
  auto exit = core::Exit::ok;
  try {
    exit = dispatch(arguments);
    check_written(exit);
  } catch (const UsageError& usage_error) {
    exit =
        complain(usage_error.exit(), usage_error.speaker(), usage_error.what(), usage_error.hint());
  } catch (const core::Failure& failure) {
    exit = complain(failure.exit(), speaker_, failure.what(), failure.hint());
  } catch (const std::system_error& error) {
    // fmt::print itself says only "cannot write to file".
    exit = complain(core::Exit::runtime, speaker_,
                    std::ferror(environment_.out) == 0
                        ? error.what()
                        : "cannot write to stdout: " + error.code().message(),
                    "");
  } catch (const std::exception& error) {
    exit = complain(core::Exit::runtime, speaker_, error.what(), "");
  }
  return exit;
}

core::Exit CommandLine::dispatch(std::vector<std::string> arguments) {
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  const auto request = parse_arguments(root_, std::move(arguments));
  speaker_ = request.command->path();
  if (request.help || request.version) {
    const auto text = request.help ? help_text(*request.command)
                                   : fmt::format("couponctl {}\n", COUPONCTL_VERSION);
    std::fputs(text.c_str(), environment_.out);
    return core::Exit::ok;
  }
  if (!request.command->body()) {
    std::string commands;
    for (const auto* command : request.command->shown_subcommands())
      commands += (commands.empty() ? "" : ", ") + command->name();
    throw UsageError(speaker_, fmt::format("a command is missing: one of {}", commands),
                     fmt::format("See \"{} --help\"", speaker_));
  }
  const auto warning = [this](const std::string& what) { warn(what); };
  set_from_layers(root_, request, environment_, warning);
  json_ = globals_.output == "json";
  read_password_files(root_, environment_, warning);
  return start(*request.command);
}

core::Exit CommandLine::start(const Command& command) {
  return command.body()({.globals = globals_,
                         .command = command,
                         .command_line = typed_,
                         .out = environment_.out,
                         .err = environment_.err,
                         .color_out = colored(environment_.out),
                         .color_err = colored(environment_.err),
                         .err_is_terminal = ::isatty(::fileno(environment_.err)) == 1});
}

core::Exit CommandLine::complain(core::Exit exit, const std::string& speaker,
                                 const std::string& what, const std::string& hint) const {
  const auto message = speaker.empty() ? what : speaker + ": " + what;
  const auto line = json_
                        ? json_line("error", {{"code", exit}, {"message", message}, {"mend", hint}})
                        : message + (hint.empty() ? "" : ". ") + hint;
  say(line);
  return exit;
}

void CommandLine::warn(const std::string& what) const {
  const auto line = json_ ? json_line("warning", {{"message", what}})
                          : fmt::format("couponctl: warning: {}", what);
  say(line);
}

void CommandLine::say(const std::string& line) const {
  // Not fmt::print: it throws, and if stderr is gone there is nobody to tell.
  std::fputs((line + "\n").c_str(), environment_.err);
}

// A result that never reached its reader must not look like success.
void CommandLine::check_written(core::Exit exit) const {
  errno = 0;
  if (std::fflush(environment_.out) == 0 && std::ferror(environment_.out) == 0) return;
  const auto* const why = errno == 0 ? "an earlier write failed" : std::strerror(errno);
  throw core::Failure(exit == core::Exit::ok ? core::Exit::runtime : exit,
                      fmt::format("cannot write to stdout: {}", why));
}

bool CommandLine::colored(std::FILE* stream) const {
  if (globals_.color != "auto") return globals_.color == "always";
  // https://no-color.org: set and not empty.
  return ::isatty(::fileno(stream)) == 1 &&
         environment_.variable("NO_COLOR").value_or("").empty() &&
         environment_.variable("TERM").value_or("") != "dumb";
}

}  // namespace couponctl::cli
