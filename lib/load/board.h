// What the workers of one run share, whichever processes they are in.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "load/target.h"
#include "process/file_descriptor.h"

namespace couponctl::load {

// In memory that can be handed to another process by its descriptor. Any thread of any of them may
// ask anything at any time.
class Board {
 public:
  Board();                                         // Throws core::Failure.
  explicit Board(process::FileDescriptor shared);  // Another process's. Throws core::Failure.
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;
  int descriptor() const { return shared_.get(); }

  // The number of the next request, from 0. It goes on beyond the last one that there is.
  std::int64_t draw();
  std::int64_t drawn() const;

  // From this number on requests have to wait; at first none has to.
  void hold_from(std::int64_t number);
  // False if it is over before the request may be made.
  bool await_leave(std::int64_t number);

  // The gate. A worker comes when it has its caller, or has failed to get one.
  void arrive();
  int arrived() const;
  void open();
  std::optional<Clock::time_point> opened_at() const;
  // False if it is over before the gate opens.
  bool await_gate();

  // Nobody is to begin anything more.
  void end();
  bool is_over() const;

 private:
  struct State;

  void map();
  void tell_all();
  template <class Condition>
  bool await(const Condition& condition);

  process::FileDescriptor shared_;
  State* state_ = nullptr;
};

}  // namespace couponctl::load
