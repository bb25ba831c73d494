// How long did each caller wait for the answer, and for the row?
#pragma once

#include <span>

#include "race/check.h"
#include "race/result.h"

namespace couponctl::race {

// Adds the latency of each answered call to the result. If the run is `settled`, also the time from
// each granted request, and from its answer, to its durable row: durable_at counts from when the
// gate opened, and a row without a time of its own was durable when its request was answered.
void record_times(const Calls& calls, std::span<const load::Row> rows, bool settled,
                  DesignResult& result);

}  // namespace couponctl::race
