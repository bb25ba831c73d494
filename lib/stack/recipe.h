// What does it take to run each server? Its commands, and how to ask whether it is ready.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "process/child.h"
#include "stack/kafka_jars.h"
#include "stack/ports.h"
#include "stack/stack.h"

namespace couponctl::stack {

struct Recipe {
  Server server;
  std::string label;                // "mariadb", as people call it
  std::filesystem::path directory;  // D/redis: data, settings and log
  std::chrono::seconds ready_within;
  // Makes the data directory; empty if it is already there. May write settings that name ports.
  std::function<process::Words(const Ports&)> prepare;
  std::function<process::Words(const Ports&)> serve;
  std::function<std::optional<std::string>(const core::HostPort&)> version;  // once it answers
};

Recipe redis_recipe(const std::filesystem::path& stack_directory);
Recipe mysql_recipe(const std::filesystem::path& stack_directory);
Recipe kafka_recipe(const std::filesystem::path& stack_directory, const KafkaHome& home);

std::filesystem::path mysql_socket(const std::filesystem::path& stack_directory);

}  // namespace couponctl::stack
