// The exception that ends a command: its exit code, what went wrong, and what to do about it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "core/result.h"

namespace couponctl::core {

// The process's exit codes; part of the interface, listed by `couponctl --help`.
enum class Exit {
  ok = 0,
  runtime = 1,         // something failed while running
  usage = 2,           // a flag, a variable or the configuration is wrong
  unreachable = 3,     // a needed backend cannot be reached
  broken_promise = 4,  // over-issued, duplicated or lost
  threshold = 5,       // a threshold was missed
  incomplete = 6,      // failed events remain, or a verdict is inconclusive
  refused = 7,         // needs --yes
  duplicate = 10,      // apply: this user already holds a coupon
  sold_out = 11,       // apply: no coupon is left
  not_open = 12,       // apply: the campaign is not open
  in_doubt = 13,       // apply: admitted, durability unknown
  interrupted = 130,   // SIGINT; SIGTERM gives 143
  unread = 141,        // as by SIGPIPE: the reader of the output went away
};

// Set-up that fails throws a Failure; it is caught once, in main.
class Failure : public std::runtime_error {
 public:
  // `what` names the thing and the cause; `hint` is a sentence that says what to do, or "".
  Failure(Exit exit, const std::string& what, std::string hint = "")
      : std::runtime_error(what), exit_(exit), hint_(std::move(hint)) {}

  Exit exit() const { return exit_; }
  const std::string& hint() const { return hint_; }

 private:
  Exit exit_;
  std::string hint_;
};

// The value, or the error thrown as a Failure: for set-up, where nothing can go on without it. A
// server that went away meanwhile is unreachable, whatever it was asked.
template <class T>
T or_throw(Result<T> result, Exit exit, const std::string& hint = "") {
  if (!result) {
    const bool went_away = ends_connection(result.error().fault);
    const auto told = went_away && exit == Exit::runtime ? Exit::unreachable : exit;
    throw Failure(told, result.error().text, hint);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace couponctl::core
