#include "fault/points.h"

namespace couponctl::fault {
namespace {

constexpr Point all_points[] = {
    {"apply.asking", Passer::client, 6},
    {"apply.answered", Passer::client, 6},
    {"apply.produced", Passer::client, 6},
    {"apply.acknowledged", Passer::client, 6},
    {"apply.forgotten", Passer::client, 6},
    {"consume.gathered", Passer::consumer, 6},
    {"ledger.advanced", Passer::consumer, 6},
    {"ledger.issued", Passer::consumer, 6},
    {"ledger.recorded", Passer::consumer, 6},
    {"ledger.committed", Passer::consumer, 6},
    {"consume.written", Passer::consumer, 6},
    {"consume.committed", Passer::consumer, 6},
    {"relay.read", Passer::consumer, 3},
    {"relay.sent", Passer::consumer, 3},
    {"relay.acknowledged", Passer::consumer, 2},
    {"relay.forgotten", Passer::consumer, 2},
    {"shutdown.stopping", Passer::consumer},
    {"shutdown.written", Passer::consumer},
    {"open.created", Passer::open},
    {"open.begun", Passer::open},
    {"open.marked", Passer::open},
    {"quota.lowered", Passer::raise},
    {"quota.stored", Passer::raise},
    {"window.stored", Passer::live_test},
    {"recover.marked", Passer::recover},
    {"recover.row_made", Passer::live_test},
    {"recover.drained", Passer::recover},
    {"recover.resent", Passer::recover},
    {"recover.restored", Passer::recover},
    {"recover.completed", Passer::recover},
    {"recover.opened", Passer::recover},
    {"replay.taken", Passer::replay, 3},
    {"replay.issued", Passer::replay, 3},
    {"replay.updated", Passer::replay, 3},
    {"replay.committed", Passer::replay, 3},
    {"close.closed", Passer::ending},
    {"reset.marked", Passer::ending},
    {"reset.begun", Passer::ending},
    {"reset.unlinked", Passer::ending},
};

}  // namespace

std::span<const Point> points() { return all_points; }

}  // namespace couponctl::fault
