#include "kafka/group.h"

namespace couponctl::kafka {

using core::Result;

Result<Offsets> committed_offsets(const Cluster& cluster, const std::string& group,
                                  const std::string& topic,
                                  const std::vector<std::int32_t>& partitions,
                                  std::chrono::milliseconds timeout) {
  Consumer beside({cluster, group, topic,
                   ConsumerEvents{[](const auto&) {}, [](bool) {}, [](auto, auto) {}, [](auto) {}},
                   false});
  return beside.committed(partitions, timeout);
}

}  // namespace couponctl::kafka
