#include "report/latency.h"

#include <chrono>

#include "report/units.h"

namespace couponctl::report {

using Json = nlohmann::ordered_json;
using load::Histogram;
using std::chrono::nanoseconds;

std::string percentile_text(const Histogram& histogram, double percent) {
  if (!has_percentile(histogram, percent)) return "-";
  return short_duration(nanoseconds(histogram.percentile(percent)));
}

std::string maximum_text(const Histogram& histogram) {
  return histogram.count() == 0 ? "-" : short_duration(nanoseconds(histogram.max()));
}

Json percentile_json(const Histogram& histogram, double percent) {
  return has_percentile(histogram, percent) ? Json(histogram.percentile(percent)) : Json();
}

Json maximum_json(const Histogram& histogram) {
  return histogram.count() == 0 ? Json() : Json(histogram.max());
}

}  // namespace couponctl::report
