// Carries either the value of an operation or why it failed: the way a single request fails.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace couponctl::core {

// What kind of failure it was, as far as a caller must know to react.
enum class Fault {
  invalid,      // the input is wrong; trying again cannot help
  unreachable,  // no connection, or it broke
  timeout,      // no answer in time: the outcome is unknown
  refused,      // the server answered with an error; `code` and `text` are its own
};

struct Error {
  Fault fault;
  int code = 0;      // the library's or the server's own number; 0 if there is none
  std::string text;  // names the thing and the cause: "redis 127.0.0.1:6379: connection refused"
};

// Spelled like std::expected, which C++20 lacks.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  explicit operator bool() const { return !failed_; }
  const Error& error() const {
    assert(failed_);
    return error_;
  }

 private:
  Error error_{};
  bool failed_ = false;
};

}  // namespace couponctl::core
