#include "servers/topic.h"

#include <fmt/format.h>

#include "kafka/admin.h"

namespace couponctl::servers {

core::Failure no_topic(const kafka::Cluster& cluster, const std::string& topic) {
  return {core::Exit::unreachable,
          fmt::format("kafka {}: there is no topic '{}'", cluster.brokers, topic),
          fmt::format("Make it with \"kafka-topics.sh --bootstrap-server {} --create --topic {} "
                      "--partitions 3\", as many as there will be consumers, or set --topic / "
                      "COUPONCTL_TOPIC",
                      cluster.brokers, topic)};
}

bool lacks_topic(const kafka::Cluster& cluster, const std::string& topic,
                 std::chrono::milliseconds timeout) {
  if (!kafka::cluster_id(cluster, timeout)) return false;
  const auto found = kafka::Admin(cluster, timeout).has_topic(topic);
  return found && !*found;
}

}  // namespace couponctl::servers
