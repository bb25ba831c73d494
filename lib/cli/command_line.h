// Runs one command line: finds the command, sets its options, and turns failures into exit
// codes.
//
// Adding a command is one file, and one line in main.cpp's table of contents:
//
//   struct Options {
//     std::int64_t threads = 32;
//   };
//
//   core::Exit greet(const Options& options, const Context& context) {
//     fmt::print(context.out, "{} threads ask {}\n", options.threads, context.globals.redis);
//     return core::Exit::ok;
//   }
//
//   void add_greet(CommandLine& line) {
//     auto options = std::make_shared<Options>();
//     line.command("greet", "Say which server would be asked")
//         .example("couponctl greet --threads 8", "as eight threads")
//         .integer("threads", options->threads, 1, 1024, "`N` workers that ask at once")
//         .run([options](const Context& context) { return greet(*options, context); });
//   }
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/environment.h"
#include "cli/messages.h"
#include "cli/settings.h"
#include "core/failure.h"
#include "report/progress.h"
#include "report/table.h"

namespace couponctl::cli {

// What a running command may know and where it writes.
struct Context {
  const Globals& globals;
  const Command& command;
  std::string command_line;  // as it was typed, to be repeated
  std::FILE* out;            // results
  const Messages& messages;  // everything else
  report::Look look;         // of tables
  bool err_is_terminal;

  // Where an option of the command, or a global one, got its value; asserts that there is such a
  // option.
  const Origin& origin(std::string_view option) const { return command.option(option).origin; }
  // What an error calls that option: by the flag, or by the variable or key that its value is from.
  std::string called(std::string_view option) const { return command.option(option).called(); }

  // "couponctl apply: warning: …".
  void warn(const std::string& what) const;
  // Something failed, and the command goes on or has more to say: "couponctl apply: …".
  void complain(core::Exit exit, const std::string& what, const std::string& mend = "") const;
  // "Campaign default is open.": lines for people.
  void note(const std::string& text) const { messages.note(text); }
  // A result for people or CSV, on stdout.
  void print(const std::string& text) const;
  // Throws std::system_error if what was printed cannot be written.
  void flush() const;
  // Where progress is shown: stderr, or with --quiet nowhere.
  report::Terminal progress_terminal() const;
};

class CommandLine {
 public:
  explicit CommandLine(Environment environment = Environment::current());

  // Commands stand in --help in the order they are added in, under the group's title.
  CommandLine& group(std::string title);
  Command& command(const std::string& name, std::string summary);
  Command& root() { return root_; }

  core::Exit run(int argc, char** argv);
  // `arguments` without the program's name. Never throws.
  core::Exit run(const std::vector<std::string>& arguments);

 private:
  core::Exit dispatch(std::vector<std::string> arguments);
  core::Exit start(const Command& command);
  core::Exit lacks_command(const Command& command) const;
  core::Exit complain(core::Exit exit, const std::string& speaker, const std::string& what,
                      const std::string& hint) const;
  core::Exit print(const std::string& text) const;
  void check_written(core::Exit exit) const;

  Environment environment_;
  Globals globals_;
  Messages messages_;
  Command root_;
  std::string group_;
  std::string typed_;    // the whole command line
  std::string speaker_;  // who complains: "couponctl bench"
};

}  // namespace couponctl::cli
