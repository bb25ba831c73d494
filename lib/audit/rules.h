// The audit's rules, and those of them that a few numbers answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "audit/snapshot.h"
#include "ledger/campaigns.h"

namespace couponctl::audit {

// One finding for each rule, in the order they are shown in.
struct Findings {
  explicit Findings(const std::string& campaign);

  Finding cap;
  Finding one_each;
  Finding refusals;
  Finding form;
  Finding agree;
  Finding count;
  Finding one_seq;
  Finding none_lost;
  Finding admitted;
  Finding outbox;
  Finding failed;
  Finding partitions;
  Finding offsets;

  std::vector<Finding> in_order() const;
};

// The tables, of all epochs of the campaign.
void check_rows(mysql::Connection& database, const ledger::Campaign& campaign, Findings& findings);
// Tries in the database what must be refused, and rolls it back.
void check_refusals(mysql::Connection& database, Finding& refusals);

// The keys' types and the meta's numbers.
void check_form(const RedisView& view, Finding& form);
// `row` is nullopt where the database does not know the campaign.
void check_agreement(const RedisView& view, const std::optional<ledger::Campaign>& row,
                     Finding& agree);
// For a view that is in form.
void check_count(const RedisView& view, Finding& count);

void check_partitions(const TopicView& backlog, Finding& partitions);
// Returns whether the group's offset is beyond the progress somewhere. Consumers go on at the
// progress whatever the group says, so that nothing is lost by it.
bool check_offsets(const TopicView& backlog, Finding& offsets);

}  // namespace couponctl::audit
