// What does a command do to others, and how is it told to people?
#pragma once

#include <string>

#include "core/command_hook.h"

namespace couponctl::race {

// It neither reads nor changes what is stored, so that nobody can tell when it was sent: AUTH,
// SCRIPT; SET and START of MySQL.
bool is_bookkeeping(const core::Command& command);

// It reads, and neither changes nor locks.
bool only_reads(const core::Command& command);

// It changes or locks what others read. A lock within the process is none of either.
bool writes(const core::Command& command);

// "INCR coupon_count", "SELECT COUNT(*) FROM coupon", "produce". Of a script its keys and
// arguments: its digest tells nobody anything.
std::string told(const core::Command& command);

}  // namespace couponctl::race
