// How a winner stands on the topic: a Java Long as value, everything else in headers.
#pragma once

#include <string>
#include <string_view>

#include "issuance/admission.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "ledger/ledger.h"

namespace couponctl::issuance {

// Queues the winner's message: value = user as a Java Long, key = user as text, headers campaign,
// epoch, seq, admitted_at (text; ms since 1970). A Spring consumer with LongDeserializer reads it.
core::Result<void> produce(kafka::Producer& producer, std::string_view topic, const Winner& winner,
                           std::uint64_t token, const kafka::Producer::Patience& patience = {});

// What a message of the topic means to the ledger. A message without our headers (a Spring
// producer; its key may be anything) belongs to `default_campaign` and its current epoch. Anything
// that is not exactly a winner is FailureClass::poison. The payload points into the message.
ledger::Message read(const kafka::Message& message, const std::string& default_campaign);

}  // namespace couponctl::issuance
