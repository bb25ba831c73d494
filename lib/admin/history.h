// Does the database know of a campaign what Redis or the topic know of it, and what is to be done
// where it does not? It has lost commits, was emptied, or is another one.
#pragma once

#include <chrono>
#include <future>
#include <optional>
#include <string>

#include "admin/campaigns.h"
#include "core/failure.h"

namespace couponctl::admin {

// Usage: neither store knows the name.
core::Failure no_such_campaign(const std::string& name);

// Whether Redis holds an epoch that the database has not begun. `row` is its current epoch,
// nullopt: it does not know the name.
bool is_behind(const std::optional<ledger::Campaign>& row, const std::optional<Meta>& meta);

// "the database does not know it", "the database knows it up to epoch 1 only".
std::string database_knows(const std::optional<ledger::Campaign>& row);

// Usage: what Redis holds, what the database knows, and the ways out: the right database, `recover
// --database-lost`, or `reset-redis --force`.
core::Failure database_is_behind(redis::Client& redis, const std::string& name, const Meta& meta,
                                 const std::optional<ledger::Campaign>& row);
// Usage: only Redis knows the name, and what it holds cannot be read: that can only be forgotten.
core::Failure nothing_readable(const std::string& name, const core::Error& error);
// The ways out alone.
std::string ways_out(const std::string& name);

// What the database says of a campaign, which it is asked beside the caller's work. One that has no
// tables, or is not there at all, knows no campaign.
class Inquiry {
 public:
  using Answer = core::Result<std::optional<ledger::Campaign>>;

  Inquiry(const mysql::Address& address, const std::string& campaign);

  // nullptr: it has not answered within that time.
  const Answer* answer(std::chrono::milliseconds wait) const;

 private:
  std::shared_future<Answer> answer_;
};

}  // namespace couponctl::admin
