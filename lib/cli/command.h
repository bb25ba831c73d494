// How a command declares itself: its options, its examples and what it runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "cli/option.h"
#include "core/failure.h"
#include "core/result.h"

namespace couponctl::cli {

struct Context;

struct Example {
  std::string line;
  std::string what;
};

// One option can be set by a flag, by a variable and in a file, under one name: `threads` of
// `bench` is --threads, COUPONCTL_BENCH_THREADS and `threads` under [bench]; `dir` of `stack up`
// stands under [stack-up]. What the target holds when the option is declared is its default. A
// subcommand also takes the flags of the commands above it. In `help`, a word in `backquotes` names
// the value.
class Command {
 public:
  using Validate = std::function<core::Result<void>(std::string_view)>;
  using Run = std::function<core::Exit(const Context&)>;

  Command(std::string name, std::string summary, const Command* parent = nullptr);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Command& example(std::string line, std::string what);
  Command& integer(const std::string& name, std::int64_t& target, std::int64_t min,
                   std::int64_t max, std::string help);
  Command& number(const std::string& name, double& target, double min, double max,
                  std::string help);
  Command& duration(const std::string& name, std::chrono::milliseconds& target,
                    std::chrono::milliseconds min, std::chrono::milliseconds max, std::string help);
  Command& choice(const std::string& name, std::string& target, std::vector<std::string> choices,
                  std::string help);
  // Never empty; `validate`'s error is a phrase that follows the name ("must be ...").
  Command& text(const std::string& name, std::string& target, std::string help,
                Validate validate = {});
  // Items separated by commas; the flag may be repeated. `validate` sees each item.
  Command& list(const std::string& name, std::vector<std::string>& target, std::string help,
                Validate validate = {});
  Command& flag(const std::string& name, bool& target, std::string help);
  // Words that stand alone; never read from a file or a variable.
  Command& positional(const std::string& name, std::string& target, bool required, std::string help,
                      Validate validate = {});
  // Anything else: `option.assign` does the work.
  Command& add(Option option);

  // About the option declared last:
  Command& required();   // it must be set, in any place
  Command& flag_only();  // never read from a file or a variable: it is meant for this one call
  Command& letter(char letter);                         // -o beside --output
  Command& suggests(std::vector<std::string> choices);  // what Tab completes
  Command& top_level();  // its key and its variable stand without the command: COUPONCTL_QUOTA

  Command& subcommand(const std::string& name, std::string summary);
  Command& group(std::string title);  // stands under this title in the main help
  Command& hidden();                  // neither in help nor in completions
  void run(Run run);

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const std::vector<Example>& examples() const { return examples_; }
  const Command* parent() const { return parent_; }
  const std::string& group() const { return group_; }
  bool is_hidden() const { return hidden_; }
  const Run& body() const { return run_; }
  std::string path() const;     // "couponctl stack up"
  std::string section() const;  // "stack-up"
  std::deque<Option>& options() { return options_; }
  const std::deque<Option>& options() const { return options_; }
  std::list<Command>& subcommands() { return subcommands_; }
  const std::list<Command>& subcommands() const { return subcommands_; }
  std::vector<const Command*> shown_subcommands() const;
  // Its own and those of the commands above it, its own first.
  std::vector<const Option*> visible_options() const;
  // The visible option of that name; asserts that there is one.
  const Option& option(std::string_view name) const;

 private:
  std::string name_;
  std::string summary_;
  const Command* parent_;
  std::vector<Example> examples_;
  std::deque<Option> options_;      // a deque and
  std::list<Command> subcommands_;  // a list: addresses stay
  std::string group_;
  bool hidden_ = false;
  Run run_;
};

// Every option of the tree, of the command itself first.
std::vector<Option*> all_options(Command& root);

// The command and what is shown below it, each before its own.
std::vector<const Command*> shown_tree(const Command& command);

}  // namespace couponctl::cli
