// Carries either the value of an operation or why it failed: the way a single request fails.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace couponctl::core {

// What kind of failure it was, as far as a caller must know to react.
enum class Fault {
  invalid,      // the input is wrong; trying again cannot help
  unreachable,  // no connection, or it broke
  timeout,      // no answer in time: the outcome is unknown
  garbled,      // an answer that cannot be understood: the outcome is unknown
  refused,      // the server answered with an error; `code` and `text` are its own
};

// Whether the connection is dead: it has to be made anew before anything is asked again.
constexpr bool ends_connection(Fault fault) {
  return fault == Fault::unreachable || fault == Fault::timeout || fault == Fault::garbled;
}

// Whose number a code is. Each counts for itself: 4 is a protocol error to hiredis, and a key of
// the wrong type to Redis.
enum class Domain : std::uint8_t {
  none,  // there is no number
  hiredis,
  redis,
  librdkafka,
  kafka_broker,
  mysql_client,
  mysql_server,
};

// Equal only within a domain, and never to a bare number. What a code means is asked of the room
// that its domain belongs to: redis::is(), kafka::is(), mysql::is() and mysql::classify().
struct Code {
  Domain domain = Domain::none;
  int value = 0;

  bool operator==(const Code&) const = default;
};

struct Error {
  Fault fault;
  Code code = {};
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
