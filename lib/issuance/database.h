// Keeps the ledger at hand while the database comes and goes.
#pragma once

#include <optional>
#include <string>

#include "core/failure.h"
#include "issuance/back_off.h"
#include "ledger/ledger.h"

namespace couponctl::issuance {

// For one thread.
class Database {
 public:
  // Connects. Throws core::Failure if the server cannot be reached, refuses us or lacks the schema.
  Database(mysql::Address address, std::string cluster, std::string topic, const Log& log);

  // What is asked of the ledger: that it can be read says nothing of whether it can be written.
  enum class Work { reads, writes };

  // What `ask`, a function of the ledger, returns; nullopt if that failed in passing, or if it is
  // too early to ask again. Throws core::Failure for what only a person can mend.
  template <class Ask>
  auto attempt(Work work, Ask ask) -> std::optional<
      std::remove_cvref_t<decltype(*std::invoke(ask, std::declval<ledger::Ledger&>()))>> {
    if (!ready()) return std::nullopt;
    auto answer = ask(*ledger_);
    if (!answer) {
      failed(answer.error(), work);
      return std::nullopt;
    }
    worked(work);
    return *std::move(answer);
  }

  bool backs_off() const { return back_off_.active(); }
  BackOff::Time due() const { return back_off_.due(); }

 private:
  bool ready();
  void failed(const core::Error& error, Work work);
  void worked(Work work);

  mysql::Address address_;
  std::string cluster_;
  std::string topic_;
  std::optional<ledger::Ledger> ledger_;
  int lock_failures_ = 0;
  // On this connection, and has not worked since: that it can be read proves nothing.
  bool writing_failed_ = false;
  BackOff back_off_;
};

}  // namespace couponctl::issuance
