// Where does the private Kafka's program come from? An installed one, the cache, or Maven.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "process/child.h"
#include "process/file_descriptor.h"

namespace couponctl::stack {

struct KafkaHome {
  std::filesystem::path java, libraries;
  std::string version;  // "3.9.2"
};

// $JAVA_HOME/bin/java if that variable is set, else java on PATH. Throws core::Failure.
std::filesystem::path find_java();

// $KAFKA_HOME, kafka-server-start.sh on PATH, the cache: the first of them. Throws core::Failure
// if $KAFKA_HOME is set and holds no Kafka.
std::optional<std::filesystem::path> find_kafka_libraries();

KafkaHome kafka_home(const std::filesystem::path& java, const std::filesystem::path& libraries);

// Copies the jars into the cache with Maven. They appear there all at once or not at all, and a
// second download at the same time waits for the first.
class KafkaDownload {
 public:
  // `work_directory` takes the pom and the log. Throws core::Failure, as advance() does.
  explicit KafkaDownload(const std::filesystem::path& work_directory);

  bool advance();  // true once the jars are there; to be called every few milliseconds

 private:
  bool begin();
  bool finish();

  std::filesystem::path work_directory_;
  std::chrono::steady_clock::time_point deadline_;
  process::FileDescriptor lock_;
  process::Child maven_;
};

}  // namespace couponctl::stack
