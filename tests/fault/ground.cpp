#include "fault/ground.h"

#include <fmt/format.h>

namespace couponctl::fault {

Program Ground::program(std::vector<std::string> words, const std::string& log,
                        const Armed& armed) const {
  words.insert(words.begin(), binary);
  Program program{.words = std::move(words), .environment = {}, .log = logs / log};
  program.environment = {
      {"COUPONCTL_REDIS", arena.redis().address().text()},
      {"COUPONCTL_KAFKA", arena.brokers()},
      {"COUPONCTL_MYSQL", fmt::format("{}@{}/{}", Arena::user, arena.database().address().text(),
                                      where.mysql.database)},
      {"COUPONCTL_TOPIC", where.topic},
      {"COUPONCTL_CAMPAIGN", where.campaign},
      {"COUPONCTL_GROUP", where.topic},
  };
  if (!planted.empty()) program.environment.emplace_back("COUPONCTL_PLANTED", planted);
  if (!armed.point.empty()) program.environment.emplace_back("COUPONCTL_KILLPOINT", armed.text());
  return program;
}

}  // namespace couponctl::fault
