#include "fault/acknowledged.h"

#include <nlohmann/json.hpp>

#include "core/parse.h"

namespace couponctl::fault {

Holder Told::holder() const {
  if (decision == "ADMITTED") return Holder::redis;
  if (decision == "QUEUED") return Holder::kafka;
  if (decision == "ISSUED") return Holder::ledger;
  if (decision != "DUPLICATE") return Holder::nobody;
  return ack == "redis" ? Holder::redis : ack == "kafka" ? Holder::kafka : Holder::ledger;
}

std::optional<Told> read_told(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("user") || !json.contains("decision"))
    return std::nullopt;
  const auto user = core::whole_number(json["user"].get<std::string>());
  if (!user) return std::nullopt;
  Told told{.user = *user,
            .decision = json["decision"].get<std::string>(),
            .seq = 0,
            .ack = json.value("ack", ""),
            .reason = json.value("reason", "")};
  if (json.contains("seq") && json["seq"].is_number()) told.seq = json["seq"].get<std::int64_t>();
  return told;
}

void Acknowledged::asks(std::int64_t user) {
  const std::scoped_lock lock(mutex_);
  applicants_.insert(user);
}

void Acknowledged::told(const Told& told) {
  const std::scoped_lock lock(mutex_);
  answers_.push_back(told);
  answers_.back().at = std::chrono::steady_clock::now();
}

std::set<std::int64_t> Acknowledged::applicants() const {
  const std::scoped_lock lock(mutex_);
  return applicants_;
}

std::vector<Told> Acknowledged::answers() const {
  const std::scoped_lock lock(mutex_);
  return answers_;
}

}  // namespace couponctl::fault
