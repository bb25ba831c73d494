// How is a connection harmed? Through this TCP proxy on loopback, which passes bytes on, or
// swallows, delays, drips and cuts them.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/parse.h"

namespace couponctl::faults {

// Its methods may be called at any time, by one thread; what they ask for holds when they return,
// and not for bytes that were sent before.
class Proxy {
 public:
  enum class Cut { before, after };

  // Connects to the target for each connection that it accepts.
  explicit Proxy(core::HostPort target);
  ~Proxy();  // resets what is open
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  core::HostPort address() const;

  // How it treats bytes and new connections from now on.
  void pass();
  // Reads on and forwards nothing, no close either: the other side sees a half-open connection.
  // A connection that has lost bytes so stays a black hole.
  void blackhole();
  void reset();   // what is open, and each new connection
  void refuse();  // new connections; what is open stays
  void delay(std::chrono::nanoseconds each_way);
  void drip(std::chrono::milliseconds each_byte);  // of the target's answers
  // New connections go there; those that are open stay where they are.
  void retarget(core::HostPort target);

  // Cuts the next `times` connections on which a MySQL client sends COMMIT: before the server gets
  // it, or after it has answered and before the client gets the answer. The mode stays as it is.
  void cut_commit(Cut when, int times = 1);
  int commits_cut() const;  // so far

  // Spoils the next answer to what a client of Redis sends with this word in it: its first byte
  // becomes another one, or it ends in its middle, as the connection does then.
  void garble_answer(std::string word, char first_byte);
  void cut_answer(std::string word);
  int answers_spoiled() const;  // so far

  int connections_open() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace couponctl::faults
