#include "kafka/group.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>

namespace couponctl::kafka {

using core::Error;
using core::Fault;
using core::Result;

namespace {

using Queue = core::Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = core::Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using AdminOptions = core::Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

Member read_member(const rd_kafka_MemberDescription_t* described, const std::string& topic) {
  Member member{.client_id = rd_kafka_MemberDescription_client_id(described),
                .host = rd_kafka_MemberDescription_host(described),
                .partitions = {}};
  if (member.host.starts_with('/')) member.host.erase(0, 1);
  const auto* const assignment = rd_kafka_MemberDescription_assignment(described);
  const auto* const list = assignment ? rd_kafka_MemberAssignment_partitions(assignment) : nullptr;
  if (!list) return member;
  for (const auto& item : std::span(list->elems, static_cast<std::size_t>(list->cnt)))
    if (topic == item.topic) member.partitions.insert(item.partition);
  return member;
}

}  // namespace

Result<Offsets> committed_offsets(const Cluster& cluster, const std::string& group,
                                  const std::string& topic,
                                  const std::vector<std::int32_t>& partitions,
                                  std::chrono::milliseconds timeout) {
  Consumer beside({cluster, group, topic,
                   ConsumerEvents{[](const auto&) {}, [](bool) {}, [](auto, auto) {}, [](auto) {}},
                   false});
  return beside.committed(partitions, timeout);
}

Result<std::vector<Member>> members(const Cluster& cluster, const std::string& group,
                                    const std::string& topic, std::chrono::milliseconds timeout) {
  const auto what = fmt::format("kafka describe group '{}'", group);
  const auto client = make_client(RD_KAFKA_PRODUCER, make_config(cluster, {}));
  const int timeout_ms = static_cast<int>(timeout.count());
  const AdminOptions options(
      rd_kafka_AdminOptions_new(client.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  char reason[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, reason, sizeof reason);
  const Queue queue(rd_kafka_queue_new(client.get()));
  const char* names[] = {group.c_str()};
  rd_kafka_DescribeConsumerGroups(client.get(), names, 1, options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), timeout_ms));
  if (!event) return Error{Fault::timeout, {}, what + ": no answer in time"};
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(code, what);
  std::size_t count = 0;
  const auto** const groups = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  std::vector<Member> found;
  for (const auto* described : std::span(groups, count)) {
    if (const auto* const error = rd_kafka_ConsumerGroupDescription_error(described))
      return error_of(rd_kafka_error_code(error), what);
    for (std::size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(described); ++i)
      found.push_back(read_member(rd_kafka_ConsumerGroupDescription_member(described, i), topic));
  }
  return found;
}

std::string describe(const std::vector<Member>& members) {
  if (members.empty()) return "nobody is in it";
  std::vector<std::string> texts;
  for (const auto& [client_id, host, partitions] : members)
    texts.push_back(partitions.empty() ? fmt::format("{} at {} holds none", client_id, host)
                                       : fmt::format("{} at {} holds partition {}", client_id, host,
                                                     fmt::join(partitions, ", ")));
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace couponctl::kafka
