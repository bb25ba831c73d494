#include "fault/workspace.h"

#include <fmt/format.h>

namespace couponctl::fault {

process::Command Workspace::command(process::Words words, const std::string& log,
                                    const Armed& armed) const {
  words.insert(words.begin(), binary);
  auto environment = process::variables({"PATH", "HOME"});
  const auto set = [&](std::string_view variable, std::string_view value) {
    environment.push_back(fmt::format("{}={}", variable, value));
  };
  set("COUPONCTL_REDIS", arena.injector().redis().text());
  set("COUPONCTL_KAFKA", arena.brokers());
  set("COUPONCTL_MYSQL", fmt::format("{}@{}/{}", Arena::user, arena.injector().database().text(),
                                     where.mysql.database));
  set("COUPONCTL_TOPIC", where.topic);
  set("COUPONCTL_CAMPAIGN", where.campaign);
  set("COUPONCTL_GROUP", where.topic);
  if (!planted.empty()) {
    set("COUPONCTL_PLANTED", planted);
    // The product finds where a bug has the constraints taken away: here it goes on all the same.
    for (const auto* command : {"CAMPAIGN_OPEN", "CONSUME", "RECOVER"})
      set(fmt::format("COUPONCTL_{}_ALLOW_UNSAFE", command), "true");
  }
  if (!armed.point.empty()) set("COUPONCTL_KILLPOINT", armed.text());
  return {.words = std::move(words),
          .environment = std::move(environment),
          .output = logs / log,
          .error = logs / log};
}

process::Command Workspace::conversation(process::Words words, const std::string& log,
                                         const Armed& armed) const {
  auto with_pipes = command(std::move(words), log, armed);
  with_pipes.input = with_pipes.output = process::Pipe{};
  return with_pipes;
}

}  // namespace couponctl::fault
