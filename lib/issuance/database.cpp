#include "issuance/database.h"

#include "core/failure.h"
#include "ledger/schema.h"
#include "mysql/errors.h"

namespace couponctl::issuance {
namespace {

using core::Error;
using core::Exit;
using core::Failure;
using mysql::ErrorClass;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Delays delays{50ms, 5s};
// Deadlocks and lock waits that are tried again at once: whoever had the lock has it no more.
constexpr int lock_failures_max = 3;

// The ledger and the topic do not belong together any more.
Failure lost_footing(const Error& error) {
  return {Exit::runtime, error.text,
          "Nothing more was written. If this topic is to be read from its first message on, which "
          "gives nobody a second coupon: rename the topic in its old rows of failed_event, delete "
          "its rows of kafka_progress, and start with another --group"};
}

Failure setup_failure(const Error& error) {
  return {Exit::usage, error.text, "Mend that and start again; nothing is lost meanwhile"};
}

}  // namespace

Database::Database(mysql::Address address, std::string cluster, std::string topic, const Log& log)
    : address_(std::move(address)),
      cluster_(std::move(cluster)),
      topic_(std::move(topic)),
      back_off_("database", delays, log) {
  ledger_.emplace(ledger::open_to_write(address_), cluster_, topic_);
}

bool Database::ready() {
  if (Clock::now() < back_off_.due()) return false;
  if (ledger_) return true;
  auto connection = ledger::connect_to_write(address_);
  if (!connection) {
    failed(connection.error(), Work::reads);
    return false;
  }
  writing_failed_ = false;
  ledger_.emplace(*std::move(connection), cluster_, topic_);
  return true;
}

void Database::failed(const Error& error, Work work) {
  const auto kind = mysql::classify(error);
  if (error.fault == core::Fault::invalid) throw lost_footing(error);
  if (kind == ErrorClass::setup) throw setup_failure(error);
  if (kind == ErrorClass::lock && ++lock_failures_ <= lock_failures_max) return;
  if (kind == ErrorClass::connection || core::ends_connection(error.fault))
    ledger_.reset();
  else
    writing_failed_ = writing_failed_ || work == Work::writes;
  back_off_.failed(error.text, Clock::now(), kind == ErrorClass::full);
}

void Database::worked(Work work) {
  if (writing_failed_ && work == Work::reads) return;
  writing_failed_ = false;
  lock_failures_ = 0;
  back_off_.over(Clock::now());
}

}  // namespace couponctl::issuance
