// What a setting is: its name in every place, how it is read, its value and where that came from.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace couponctl::cli {

enum class Kind { integer, number, duration, choice, text, list, flag };

// From the weakest to the strongest.
enum class Source { initial, file, environment, flag };

struct Origin {
  Source source = Source::initial;
  std::string where = "default";  // "couponctl.toml:7", "COUPONCTL_REDIS", "--redis"
};

struct Option {
  std::string name;          // "threads": --threads, or the word itself for a positional
  std::string section = {};  // "bench", "stack-up"; "" for a global one
  Kind kind = Kind::text;
  std::string help;
  std::string range = {};                 // "1..1024", or ""
  std::vector<std::string> choices = {};  // what Tab completes; of a list, each item
  char letter = 0;                        // 'o': -o is --output, too; 0: none
  std::string initial = {};               // the default as text, "" if there is none
  // Checks a value and stores it; the error is a phrase that follows the name.
  std::function<core::Result<void>(std::string_view)> assign = {};

  bool positional = false;
  bool required = false;
  bool secret = false;  // never shown
  bool on_command_line = true;
  bool in_environment = true;
  bool in_files = true;

  std::string value = initial;  // what counts in the end
  Origin origin = {};

  std::string flag() const { return positional ? name : "--" + name; }
  std::string key() const;       // "bench.threads"
  std::string variable() const;  // "COUPONCTL_BENCH_THREADS"
  // What to blame for its value: "--threads", or the variable, or "bench.threads in ./c.toml:7".
  std::string called() const;
  // Calls assign, and on success remembers the text and its origin.
  core::Result<void> set(std::string_view text, Origin from);
};

// What `--threads`'s value is called in help: the help's word in `backquotes`, else by its kind.
std::string placeholder(const Option& option);
// The help without backquotes.
std::string plain_help(const Option& option);

}  // namespace couponctl::cli
