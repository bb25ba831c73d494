#include "strategies/scratch_area.h"

#include <fmt/format.h>

#include "core/failure.h"
#include "kafka/admin.h"

namespace couponctl::strategies {

using core::Exit;
using core::or_throw;
using servers::Belonging;

mysql::Connection connect(const mysql::Address& address) {
  return or_throw(mysql::Connection::connect(address), Exit::unreachable, connections_hint);
}

ScratchArea::ScratchArea(const Scratch& scratch) : scratch_(scratch) {
  or_throw(servers::make_scratch(scratch.servers.mysql, scratch.name), Exit::runtime,
           "The bench needs the right to create and drop databases named couponctl_bench_*");
}

void ScratchArea::make_tables(const Scratch& scratch, const TableShape& shape) {
  auto connection = connect(scratch.database());
  const auto execute = [&](const std::string& statement) {
    or_throw(connection.execute(statement), Exit::runtime);
  };
  if (tables_of_run_ >= 0) {
    auto old = scratch;
    old.run = tables_of_run_;
    execute(fmt::format("DROP TABLE IF EXISTS {}, {}, {}", old.coupons(), old.failed_events(),
                        old.campaign()));
  }
  constexpr auto table =
      "CREATE TABLE {} (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_id BIGINT NOT NULL{})";
  execute(fmt::format(table, scratch.coupons(), shape.unique_users ? " UNIQUE" : ""));
  execute(fmt::format(table, scratch.failed_events(), ""));
  if (shape.campaign) {
    execute(
        fmt::format("CREATE TABLE {} (id BIGINT PRIMARY KEY, issued BIGINT NOT NULL, "
                    "quota BIGINT NOT NULL)",
                    scratch.campaign()));
    execute(fmt::format("INSERT INTO {} VALUES (1, 0, {})", scratch.campaign(), scratch.limit));
  }
  tables_of_run_ = scratch.run;
}

void ScratchArea::note_keys(const Scratch& scratch, const std::vector<std::string>& keys) {
  note(Belonging::redis_key, keys);
  or_throw(servers::unlink_keys(scratch.servers.redis, keys_), Exit::runtime);
  keys_ = keys;
}

void ScratchArea::make_topic() {
  note(Belonging::kafka_topic, {scratch_.name});
  or_throw(kafka::Admin(scratch_.servers.kafka).create_topic(scratch_.name, scratch_partitions),
           Exit::unreachable,
           "The bench needs the right to create and delete topics named couponctl_bench_*");
}

void ScratchArea::note(Belonging kind, const std::vector<std::string>& names) const {
  or_throw(servers::note_belongings(scratch_.servers.mysql, scratch_.name, kind, names),
           Exit::runtime);
}

}  // namespace couponctl::strategies
