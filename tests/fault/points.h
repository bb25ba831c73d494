// Which kill points does the product have, and what must run for one of them to be passed?
#pragma once

#include <span>
#include <string_view>

namespace couponctl::fault {

// Who passes the point. The driver arms none of live_test: only a live test brings it about.
enum class Passer { client, consumer, open, raise, replay, recover, ending, live_test };

struct Point {
  std::string_view name;  // as in the sources
  Passer passer;
  int passages_max = 1;  // it may be armed for the first up to that passage
};

// All of them; a unit test compares them with the sources.
std::span<const Point> points();

}  // namespace couponctl::fault
