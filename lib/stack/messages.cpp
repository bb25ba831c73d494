// What do supervisor and owner say to each other? One line of JSON for each thing said.
#include "stack/messages.h"

#include <nlohmann/json.hpp>

namespace couponctl::stack {
namespace {

using Json = nlohmann::json;

// A server's log may hold any bytes.
std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const Status& status) {
  auto servers = Json::array();
  for (const auto& server : status.servers)
    servers.push_back({{"name", name(server.server)},
                       {"pid", server.pid},
                       {"host", server.address.host},
                       {"port", server.address.port},
                       {"answers", server.answers}});
  return {{"supervisor", status.supervisor},
          {"kafka_is_mock", status.addresses.kafka_is_mock},
          {"mysql_socket", status.addresses.mysql_socket.native()},
          {"servers", servers}};
}

Status status_of(const Json& json) {
  Status status;
  status.supervisor = json.at("supervisor");
  status.addresses.kafka_is_mock = json.at("kafka_is_mock");
  status.addresses.mysql_socket = json.at("mysql_socket").get<std::string>();
  for (const auto& entry : json.at("servers")) {
    const auto server = server_named(entry.at("name").get<std::string>()).value();
    add(status,
        {server, entry.at("pid"), {entry.at("host"), entry.at("port")}, entry.at("answers")});
  }
  return status;
}

}  // namespace

std::string_view name(Server server) {
  switch (server) {
    case Server::redis:
      return "redis";
    case Server::mysql:
      return "mysql";
    case Server::kafka:
      return "kafka";
  }
  return "";
}

std::optional<Server> server_named(std::string_view text) {
  for (const auto server : {Server::redis, Server::mysql, Server::kafka})
    if (text == name(server)) return server;
  return std::nullopt;
}

void add(Status& status, const ServerStatus& server) {
  status.servers.push_back(server);
  auto& addresses = status.addresses;
  if (server.server == Server::redis) addresses.redis = server.address;
  if (server.server == Server::mysql) addresses.mysql = server.address;
  if (server.server == Server::kafka) addresses.kafka = server.address;
}

std::string progress_message(std::string_view text) { return line({{"progress", text}}); }

std::string done_message(const Status& status) { return line({{"done", json_of(status)}}); }

std::string failed_message(const core::Failure& failure) {
  return line({{"failed", failure.what()},
               {"exit", static_cast<int>(failure.exit())},
               {"mend", failure.hint()}});
}

Message read_message(const std::string& text) try {
  const auto json = Json::parse(text);
  Message message{};
  if (json.contains("progress")) {
    message.kind = Message::Kind::progress;
    message.text = json.at("progress");
  } else if (json.contains("failed")) {
    message.kind = Message::Kind::failed;
    message.text = json.at("failed");
    message.exit = static_cast<core::Exit>(json.at("exit").get<int>());
    message.hint = json.at("mend");
  } else {
    message.kind = Message::Kind::done;
    message.status = status_of(json.at("done"));
  }
  return message;
} catch (const std::exception& error) {  // not JSON, or not ours
  throw core::Failure(core::Exit::runtime, "the stack's supervisor said " + core::quote(text));
}

}  // namespace couponctl::stack
