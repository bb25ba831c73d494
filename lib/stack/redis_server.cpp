// How is a private Redis run? With an append-only file, as the product needs it.
#include <fmt/format.h>

#include "process/executables.h"
#include "stack/probe.h"
#include "stack/recipe.h"

namespace couponctl::stack {

Recipe redis_recipe(const std::filesystem::path& stack_directory) {
  const auto directory = stack_directory / "redis";
  return {
      .server = Server::redis,
      .label = "redis",
      .directory = directory,
      .ready_within = std::chrono::seconds(20),
      .prepare = [](const Ports&) { return process::Words{}; },
      .serve =
          [directory](const Ports& ports) {
            return process::Words{process::find_executable("redis-server").value(),
                                  "--port",
                                  fmt::format("{}", ports.service),
                                  "--bind",
                                  "127.0.0.1",
                                  "--dir",
                                  directory,
                                  "--appendonly",
                                  "yes",
                                  "--appendfsync",
                                  "everysec",
                                  "--save",
                                  "",
                                  "--daemonize",
                                  "no"};
          },
      .version = ask_redis,
  };
}

}  // namespace couponctl::stack
