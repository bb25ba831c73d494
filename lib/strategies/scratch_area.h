// Makes and removes what a strategy keeps on the servers, and notes it so that nothing is left.
#pragma once

#include <string>
#include <vector>

#include "mysql/connection.h"
#include "servers/scratch.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

constexpr int scratch_partitions = 3;

// What a design adds to the sources' bare tables.
struct TableShape {
  bool unique_users = false;  // a UNIQUE key on coupon.user_id
  bool campaign = false;      // a table campaign(id, issued, quota) with one row
};

// What to do where there is no connection to be had.
inline constexpr auto connections_hint =
    "Set --mysql, or lower --threads if the server has no connection left";

// Throws core::Failure(unreachable).
mysql::Connection connect(const mysql::Address& address);

// The scratch database, with a list of what else the strategy has made. Each function throws
// core::Failure.
class ScratchArea {
 public:
  // Makes the database.
  explicit ScratchArea(const Scratch& scratch);

  // The sources' tables coupon(id, user_id) and failed_event(id, user_id) of run scratch.run; those
  // of the run before it are gone.
  void make_tables(const Scratch& scratch, const TableShape& shape);
  // Notes these keys, for drop_scratch(), and removes those of the run before.
  void note_keys(const Scratch& scratch, const std::vector<std::string>& keys);
  void make_topic();

 private:
  void note(servers::Belonging kind, const std::vector<std::string>& names) const;

  Scratch scratch_;
  std::int64_t tables_of_run_ = -1;
  std::vector<std::string> keys_;
};

}  // namespace couponctl::strategies
