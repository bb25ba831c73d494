// How is a private Kafka run? One KRaft node in a small JVM that compiles little and starts fast.
#include <embedded/configs/kafka/log4j.properties.h>
#include <embedded/configs/kafka/server.properties.h>
#include <fmt/format.h>

#include <random>

#include "stack/files.h"
#include "stack/probe.h"
#include "stack/recipe.h"

namespace couponctl::stack {
namespace {

// Kafka wants 16 bytes in URL-safe base64: 22 characters, of which the last carries 2 bits.
std::string cluster_id() {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::random_device device;
  std::uniform_int_distribution<std::size_t> any(0, alphabet.size() - 1);
  std::string id;
  while (id.size() < 21) id += alphabet[any(device)];
  return id + "A";
}

std::filesystem::path write_settings(const std::filesystem::path& directory, const Ports& ports) {
  auto path = directory / "server.properties";
  write_file(path,
             fmt::format(fmt::runtime(embedded::server_properties), fmt::arg("port", ports.service),
                         fmt::arg("controller_port", ports.internal),
                         fmt::arg("data", (directory / "data").native())));
  return path;
}

process::Words java(const KafkaHome& home, const std::filesystem::path& directory) {
  const auto log_settings = directory / "log4j.properties";
  write_file(log_settings, embedded::log4j_properties);
  return {home.java,
          "-Xms256m",
          "-Xmx512m",
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",  // else a kill -9 leaves a file in /tmp
          "-Djava.net.preferIPv4Stack=true",
          "-Djava.io.tmpdir=" + directory.native(),
          "-Dlog4j.configuration=file:" + log_settings.native(),
          "-cp",
          (home.libraries / "*").native()};
}

process::Words with(process::Words words, std::initializer_list<std::string> more) {
  words.insert(words.end(), more);
  return words;
}

}  // namespace

Recipe kafka_recipe(const std::filesystem::path& stack_directory, const KafkaHome& home) {
  const auto directory = stack_directory / "kafka";
  const auto prepare = [directory, home](const Ports& ports) -> process::Words {
    if (std::filesystem::exists(directory / "data" / "meta.properties")) return {};
    return with(java(home, directory), {"kafka.tools.StorageTool", "format", "-t", cluster_id(),
                                        "-c", write_settings(directory, ports)});
  };
  const auto serve = [directory, home](const Ports& ports) {
    return with(java(home, directory), {"kafka.Kafka", write_settings(directory, ports)});
  };
  return {
      .server = Server::kafka,
      .label = "kafka",
      .directory = directory,
      .ready_within = std::chrono::seconds(60),
      .prepare = prepare,
      .serve = serve,
      .version =
          [version = home.version](const core::HostPort& address) {
            return ask_kafka(address) ? std::optional(version) : std::nullopt;
          },
  };
}

}  // namespace couponctl::stack
