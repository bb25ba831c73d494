// Do the audit's rules call sound numbers sound, and every other by its name?
#include "audit/rules.h"

#include <gtest/gtest.h>

#include "audit/snapshot.h"

namespace couponctl {
namespace {

using namespace audit;

RedisView sound_view() {
  RedisView view;
  view.types = {{"meta", "hash"}, {"users", "hash"}, {"outbox", "none"}, {"quarantine", "none"}};
  view.fields = {{"state", "open"},  {"quota", "10"},  {"opens_at", "0"},
                 {"closes_at", "0"}, {"epoch", "2"},   {"seq", "7"},
                 {"gap", "1"},       {"run_id", "a1"}, {"outbox_max", "100000"}};
  view.admitted = 6;
  view.run_id = "a1";
  return view;
}

ledger::Campaign sound_row() {
  return {.id = 1, .epoch = 2, .name = "summer", .state = ledger::State::open, .quota = 10};
}

Finding agreement(const RedisView& view, const std::optional<ledger::Campaign>& row) {
  Finding agree;
  check_agreement(view, row, agree);
  return agree;
}

Finding form(const RedisView& view) {
  Finding finding;
  check_form(view, finding);
  return finding;
}

TEST(AuditRules, ASoundViewPasses) {
  EXPECT_EQ(agreement(sound_view(), sound_row()).verdict(), "pass");
  EXPECT_EQ(form(sound_view()).verdict(), "pass");
  Finding count;
  check_count(sound_view(), count);
  EXPECT_EQ(count.verdict(), "pass");
}

TEST(AuditRules, WhatWasNotExaminedDidNotPass) {
  EXPECT_EQ(Finding{}.verdict(), "not run");
  Finding offsets;
  check_offsets({}, offsets);
  EXPECT_EQ(offsets.verdict(), "not run");
}

TEST(AuditRules, AMetaThatIsGoneIsSoundOnlyWhereNobodyWasEverAdmitted) {
  RedisView nothing;
  nothing.types = {{"meta", "none"}, {"users", "none"}, {"outbox", "none"}, {"quarantine", "none"}};
  auto row = sound_row();
  EXPECT_EQ(agreement(nothing, row).violations, 1);
  row.state = ledger::State::fresh;
  EXPECT_EQ(agreement(nothing, row).violations, 0);
  nothing.types["users"] = "hash";
  EXPECT_EQ(agreement(nothing, row).violations, 1);
}

TEST(AuditRules, ACampaignThatIsBeingRestoredIsNotCompared) {
  auto view = sound_view();
  view.fields["state"] = "recovering";
  view.fields["quota"] = "3";
  view.fields["run_id"] = "of the old server";
  EXPECT_EQ(agreement(view, sound_row()).violations, 0);
  view.fields["state"] = "resetting";
  view.fields["epoch"] = "1";
  EXPECT_EQ(agreement(view, sound_row()).violations, 0);
}

TEST(AuditRules, EveryNumberOfTheMetaMustBeOneThatRedisCounts) {
  for (const auto* field : {"quota", "opens_at", "closes_at", "epoch", "seq", "gap", "outbox_max"})
    for (const auto* text : {"", "-1", "1.5", "010", "9007199254740992", "1e3"}) {
      auto view = sound_view();
      view.fields[field] = text;
      EXPECT_EQ(form(view).violations, 1) << field << " " << text;
    }
}

TEST(AuditRules, OffsetsAreComparedInBothDirections) {
  TopicView backlog;
  backlog.has_topic = true;
  backlog.lows = {{0, 5}};
  backlog.highs = {{0, 9}};
  const auto violations = [&](std::int64_t progress, std::int64_t group) {
    backlog.progress = {{0, progress}};
    backlog.committed = {{0, group}};
    Finding offsets;
    check_offsets(backlog, offsets);
    return offsets.violations;
  };
  EXPECT_EQ(violations(5, 5), 0);
  EXPECT_EQ(violations(9, 9), 0);
  EXPECT_EQ(violations(4, 4), 1) << "a data gap";
  EXPECT_EQ(violations(10, 9), 1) << "not the topic that was read";
}

TEST(AuditRules, AGroupThatIsAheadOfTheProgressLosesNothing) {
  TopicView backlog;
  backlog.has_topic = true;
  backlog.lows = {{0, 5}};
  backlog.highs = {{0, 9}};
  backlog.progress = {{0, 7}};
  Finding offsets;
  backlog.committed = {{0, 7}};
  EXPECT_FALSE(check_offsets(backlog, offsets));
  EXPECT_TRUE(offsets.notes.empty());
  backlog.committed = {{0, 8}};
  EXPECT_TRUE(check_offsets(backlog, offsets));
  EXPECT_EQ(offsets.violations, 0);
  EXPECT_EQ(offsets.notes,
            std::vector<std::string>{"partition 0: the group's offset 8 is beyond the progress 7"});
}

TEST(AuditRules, APartitionThatHoldsNothingNeedsNoProgress) {
  TopicView backlog;
  backlog.has_topic = true;
  backlog.lows = {{0, 0}, {1, 3}};
  backlog.highs = {{0, 9}, {1, 3}};
  backlog.progress = {{0, 9}};
  const auto violations = [&] {
    Finding partitions;
    check_partitions(backlog, partitions);
    return partitions.violations;
  };
  EXPECT_EQ(violations(), 0);
  backlog.highs[1] = 4;
  EXPECT_EQ(violations(), 1);
  backlog.progress.clear();
  EXPECT_EQ(violations(), 0) << "nobody has read this topic yet";
}

TEST(AuditRules, AnOutboxEntryIsOfItsEpoch) {
  const issuance::OutboxEntry entry{"1-0", {{"sale", 2, core::UserId{7}, 1, 1}}};
  EXPECT_TRUE(winners_of(entry, 2));
  EXPECT_FALSE(winners_of(entry, 1));
  EXPECT_FALSE(winners_of({"1-0", {}}, 2));
}

TEST(AuditVerdict, TheWorstCounts) {
  Audit audit;
  EXPECT_EQ(name(audit.verdict()), "CONSISTENT");
  audit.lag = 1;
  EXPECT_EQ(name(audit.verdict()), "IN FLIGHT");
  audit.group_ahead = true;
  EXPECT_EQ(name(audit.verdict()), "GROUP AHEAD");
  audit.failed_new = 1;
  EXPECT_EQ(name(audit.verdict()), "INCOMPLETE") << "something is left to do";
  audit.findings.emplace_back();
  audit.findings.back().violate("this");
  EXPECT_EQ(name(audit.verdict()), "VIOLATED");
  audit.moved = true;
  EXPECT_EQ(name(audit.verdict()), "IN FLIGHT") << "what moved proves nothing";
}

TEST(AuditVerdict, OnlyTheFirstExamplesAreKept) {
  Finding finding;
  for (int i = 0; i < 100; ++i) finding.violate(std::to_string(i));
  EXPECT_EQ(finding.violations, 100);
  EXPECT_EQ(finding.examples.size(), examples_max);
}

}  // namespace
}  // namespace couponctl
