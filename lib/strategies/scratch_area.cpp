#include "strategies/scratch_area.h"

#include <fmt/format.h>

#include "core/failure.h"

namespace couponctl::strategies {

using core::Exit;
using core::or_throw;

mysql::Connection connect(const mysql::Address& address) {
  return or_throw(mysql::Connection::connect(address), Exit::unreachable,
                  "Set --mysql, or lower --threads if the server has no connection left");
}

ScratchDatabase::ScratchDatabase(const Scratch& scratch)
    : server_(scratch.servers.mysql), database_(scratch.database()) {
  server_.database.clear();
  or_throw(connect(server_).execute(fmt::format("CREATE DATABASE `{}`", database_.database)),
           Exit::runtime,
           "The bench needs the right to create and drop databases named couponctl_bench_*");
}

ScratchDatabase::~ScratchDatabase() {
  // On a server that is gone there is nothing left to remove.
  if (auto connection = mysql::Connection::connect(server_))
    static_cast<void>(
        connection->execute(fmt::format("DROP DATABASE IF EXISTS `{}`", database_.database)));
}

ScratchTopic::ScratchTopic(const Scratch& scratch)
    : name_(scratch.name), admin_(scratch.servers.kafka) {
  or_throw(admin_.create_topic(name_, scratch_partitions), Exit::unreachable,
           "The bench needs the right to create and delete topics named couponctl_bench_*");
}

ScratchTopic::~ScratchTopic() { static_cast<void>(admin_.delete_topic(name_)); }

}  // namespace couponctl::strategies
