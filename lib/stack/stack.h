// How does a program get servers of its own? Throw-away Redis, MariaDB and Kafka on loopback.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/parse.h"
#include "core/result.h"

namespace couponctl::stack {

enum class Server { redis, mysql, kafka };

std::string_view name(Server server);
std::optional<Server> server_named(std::string_view text);

struct Addresses {
  core::HostPort redis, kafka, mysql;
  std::filesystem::path mysql_socket;
  std::string mysql_user = "root", mysql_password, mysql_database = "coupon_example";
  bool kafka_is_mock = false;  // librdkafka's in-process broker stands in for a real one
};

struct ServerStatus {
  Server server{};
  pid_t pid = 0;  // 0: it does not run
  core::HostPort address;
  bool answers = false;
};

struct Status {
  Addresses addresses;
  pid_t supervisor = 0;
  std::vector<ServerStatus> servers;
};

struct Options {
  std::filesystem::path directory;  // at most 80 characters (a socket's path is short); made, 0700
  std::filesystem::path supervisor = "/proc/self/exe";  // runs as `<it> stack supervise --dir D …`
  bool real_kafka_required = false;
  // Those to start. A stack of some of them is of use to its owner alone: it writes no settings.
  std::vector<Server> servers = {Server::redis, Server::mysql, Server::kafka};
};

// One line for people: "redis 7.0.15 is ready on 127.0.0.1:12345 (0.1 s)".
using Progress = std::function<void(std::string_view)>;

// Servers that live as long as this object: however this process ends, they end with it.
// For one thread at a time. The destructor removes the directory.
class Stack {
 public:
  // Returns when all answer. Throws core::Failure: an executable is missing, a server does not
  // start, the directory is not ours, or a stop was requested.
  static Stack start(const Options& options, const Progress& progress, std::stop_token stop = {});

  Stack(Stack&&) noexcept;
  Stack& operator=(Stack&&) noexcept;
  ~Stack();

  const Addresses& addresses() const;
  pid_t supervisor() const;
  pid_t pid(Server server) const;  // 0: it does not run

  core::Result<void> kill(Server server);   // SIGKILL, and reaped
  core::Result<void> stop(Server server);   // SIGTERM; killed if it has not ended after 10 s
  core::Result<void> start(Server server);  // again, on the same port and data, until it answers
  core::Result<void> pause(Server server);  // SIGSTOP, until it has stopped
  core::Result<void> resume(Server server);

 private:
  class Session;
  explicit Stack(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

// $XDG_RUNTIME_DIR/couponctl-stack, or /tmp/couponctl-stack-<user>.
std::filesystem::path default_directory();

struct Up {
  Addresses addresses;
  bool already = false;  // it ran before
};

// Servers that stay until down().
Up up(const Options& options, const Progress& progress, std::stop_token stop = {});

// Empty if nothing runs there. A server that does not answer within 0.3 s has `answers` false.
std::optional<Status> status(const std::filesystem::path& directory);

// The couponctl.toml of a stack that runs there. Empty if none does, or it is another user's.
std::optional<std::filesystem::path> settings_of(const std::filesystem::path& directory);

// Stops the servers and removes the directory; with `keep` stops them in order and leaves it, so
// that the next up() finds its data. False if nothing ran there.
bool down(const std::filesystem::path& directory, bool keep);

}  // namespace couponctl::stack
