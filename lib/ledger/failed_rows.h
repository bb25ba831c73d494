// Writes the messages that did not become coupons into failed_event.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ledger/issue.h"
#include "ledger/progress.h"

namespace couponctl::ledger {

// Within a transaction: those of `messages` whose outcome, at the same index, is failed. One that
// is there already stays as it is; Fault::invalid if another message is there at its offset.
core::Result<void> insert_failed(mysql::Connection& connection, const Topic& topic,
                                 std::span<const Message> messages,
                                 std::span<const Outcome> outcomes);

// "POISON" back to its class.
std::optional<FailureClass> failure_class(std::string_view text_of_class);

}  // namespace couponctl::ledger
