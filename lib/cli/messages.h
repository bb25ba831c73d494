// Says on stderr what is no result: the one place that every error, warning and note passes.
#pragma once

#include <cstdio>
#include <string>

#include "core/failure.h"

namespace couponctl::cli {

// Whatever bytes a server or a file sent, a terminal gets printable() ones.
class Messages {
 public:
  struct Manner {
    bool json = false;   // errors and warnings are lines of JSON
    bool quiet = false;  // errors alone
    bool ascii = false;
  };

  explicit Messages(std::FILE* stream) : stream_(stream) {}

  // How from now on.
  void speak(Manner manner) { manner_ = manner; }
  const Manner& manner() const { return manner_; }

  // "couponctl bench: no design could run. Start the servers": one line. `mend` may be "".
  void error(core::Exit exit, const std::string& message, const std::string& mend = "") const;
  // One line; it is left out where quiet.
  void warning(const std::string& speaker, const std::string& what) const;
  // Lines for people, in JSON mode too; they are left out where quiet.
  void note(const std::string& text) const;
  // What a person at the terminal is to answer, quiet or not; nothing ends its last line.
  void ask(const std::string& question) const;

 private:
  std::string shown(const std::string& text) const;
  void say(const std::string& line) const;

  std::FILE* stream_;
  Manner manner_;
};

}  // namespace couponctl::cli
