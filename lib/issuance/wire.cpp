#include "issuance/wire.h"

#include <algorithm>
#include <array>

#include "core/java_long.h"
#include "core/parse.h"

namespace couponctl::issuance {
namespace {

using core::Result;

enum Place : std::size_t { campaign, epoch, seq, admitted_at, places };
constexpr std::array<std::string_view, places> names{"campaign", "epoch", "seq", "admitted_at"};

using Values = std::array<std::optional<std::string_view>, places>;

struct OurHeaders {
  Values values;
  bool repeated = false;

  bool none() const {
    return std::ranges::none_of(values, [](const auto& value) { return value.has_value(); });
  }
  bool complete() const {
    return std::ranges::all_of(values, [](const auto& value) { return value.has_value(); });
  }
};

OurHeaders our_headers(const kafka::Message& message) {
  OurHeaders ours;
  for (std::size_t i = 0; const auto header = message.header_at(i); ++i) {
    const auto* const known = std::ranges::find(names, header->name);
    if (known == names.end()) continue;
    auto& value = ours.values[static_cast<std::size_t>(known - names.begin())];
    ours.repeated = ours.repeated || value.has_value();
    value = header->value;
  }
  return ours;
}

// Fills in what the headers say; false if they do not say exactly one winner.
bool read_winner(const kafka::Message& message, const OurHeaders& ours, ledger::Message& result) {
  if (ours.repeated || !ours.complete()) return false;
  const auto epoch_read = core::whole_number(*ours.values[epoch]);
  const auto seq_read = core::whole_number(*ours.values[seq]);
  if (!epoch_read || !seq_read || !core::whole_number(*ours.values[admitted_at])) return false;
  if (*epoch_read < 1 || *epoch_read > ledger::epoch_max) return false;
  if (!core::check_campaign_name(*ours.values[campaign])) return false;
  if (message.key() != std::to_string(core::number(result.user))) return false;
  result.campaign = *ours.values[campaign];
  result.epoch = *epoch_read;
  result.seq = *seq_read;
  return true;
}

}  // namespace

Result<void> produce(kafka::Producer& producer, std::string_view topic, const Winner& winner,
                     std::uint64_t token, const kafka::Producer::Patience& patience) {
  const auto key = std::to_string(core::number(winner.user));
  const auto value = core::encode_long(core::number(winner.user));
  const auto epoch_text = std::to_string(winner.epoch);
  const auto seq_text = std::to_string(winner.seq);
  const auto at_text = std::to_string(winner.admitted_at_ms);
  const kafka::Header headers[] = {{names[campaign], winner.campaign},
                                   {names[epoch], epoch_text},
                                   {names[seq], seq_text},
                                   {names[admitted_at], at_text}};
  return producer.produce({topic, key, {value.data(), value.size()}, headers}, token, patience);
}

ledger::Message read(const kafka::Message& message, const std::string& default_campaign) {
  ledger::Message result;
  result.partition = message.partition();
  result.offset = message.offset();
  result.payload = message.value();
  const auto user = result.payload ? core::decode_long(*result.payload) : std::nullopt;
  if (!user || *user < 0) {
    result.failed = ledger::FailureClass::poison;
    return result;
  }
  result.user = core::UserId{*user};
  const auto ours = our_headers(message);
  if (ours.none())
    result.campaign = default_campaign;
  else if (!read_winner(message, ours, result))
    result.failed = ledger::FailureClass::poison;
  return result;
}

}  // namespace couponctl::issuance
