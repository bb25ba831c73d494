// One request and what became of it: all that is known of a run derives from these.
#pragma once

#include <cstdint>

#include "core/user_id.h"

namespace couponctl::load {

// 0 is none of them, so that what was never written is seen to be no call.
enum class Outcome : std::uint8_t {
  granted = 1,
  duplicate,  // told to have applied before
  sold_out,
  unknown,  // no answer: a coupon may have been granted or not
};

// Times in ns since the gate opened.
struct Call {
  core::UserId user{0};
  std::int64_t due_ns = 0;  // when it was to be made: latency counts from here
  std::int64_t sent_ns = 0;
  std::int64_t answered_ns = 0;
  std::uint32_t number = 0;  // of the request in its run, from 0
  std::uint16_t worker = 0;  // who made it, from 0
  Outcome outcome = Outcome::unknown;

  std::int64_t latency_ns() const { return answered_ns - due_ns; }
};
static_assert(sizeof(Call) <= 40);  // 10 M of them are written in each run that asks so often

}  // namespace couponctl::load
