// What does the supervisor do? It starts the servers, obeys its owner, and takes them down.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "process/executables.h"
#include "stack/channel.h"
#include "stack/directory.h"
#include "stack/files.h"
#include "stack/messages.h"
#include "stack/server_process.h"
#include "stack/supervise.h"

namespace couponctl::stack {
namespace {

using namespace std::chrono_literals;

// How often a server that is starting or stopping is looked at.
constexpr int look_every_ms = 10;

struct Client {
  Channel channel;
  bool is_owner = false;
};

struct Request {
  std::shared_ptr<Client> client;
  std::string text;
};

class Supervisor {
 public:
  Supervisor(const SuperviseOptions& options, const MockBroker& mock_broker);
  int run();

 private:
  bool is_wanted(Server server) const;
  std::vector<process::Executable> needed_executables() const;
  void start();
  void start_kafka();
  void fetch_kafka();
  void use_mock_broker(const core::Failure& because);
  void await_servers();
  void serve();
  void take_down();

  void pump();
  void hear(const std::shared_ptr<Client>& client);
  void note(const std::shared_ptr<Client>& client, const std::string& text);
  void answer(const Request& request);
  void obey(std::string_view verb, ServerProcess& server);
  ServerProcess& server_called(std::string_view text);

  bool changing() const;
  Status status(bool ask);
  void write_settings();
  void say(std::string_view line);

  const SuperviseOptions& options_;
  const MockBroker& mock_broker_;
  process::FileDescriptor signals_, listener_;
  Directory directory_;
  std::vector<ServerProcess> servers_;
  std::optional<core::HostPort> mock_kafka_;
  std::unique_ptr<KafkaDownload> download_;

  std::shared_ptr<Client> owner_;
  std::vector<std::shared_ptr<Client>> clients_;
  std::deque<Request> requests_;
  std::shared_ptr<Client> ender_;  // asked for `down`, and hears when it is done
  bool ready_ = false, stopping_ = false, keep_ = false;
};

process::FileDescriptor signals_as_file() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD}) ::sigaddset(&set, number);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return process::FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

std::optional<core::Failure> failure_of(const std::function<void()>& work) try {
  work();
  return std::nullopt;
} catch (const core::Failure& failure) {
  return failure;
} catch (const std::exception& error) {
  return core::Failure(core::Exit::runtime, error.what());
}

// The owner's terminal or pipe must see its end even if the servers stay.
void redirect_output(const std::filesystem::path& log) {
  const process::FileDescriptor file(
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const process::FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(file.get(), STDOUT_FILENO);
  ::dup2(file.get(), STDERR_FILENO);
}

Supervisor::Supervisor(const SuperviseOptions& options, const MockBroker& mock_broker)
    : options_(options), mock_broker_(mock_broker), signals_(signals_as_file()) {
  if (options.owner_fd < 0) return;
  owner_ =
      std::make_shared<Client>(Client{Channel(process::FileDescriptor(options.owner_fd)), true});
  clients_.push_back(owner_);
}

int Supervisor::run() {
  auto failure = failure_of([this] {
    directory_ = Directory::claim(options_.directory);
    keep_ = directory_.was_kept();  // a start that fails must not lose it
    start();
    serve();
  });
  const auto remains = failure_of([this] { take_down(); });
  if (!failure) failure = remains;
  if (failure && owner_) owner_->channel.send(failed_message(*failure));
  if (ender_)
    ender_->channel.send(remains ? failed_message(*remains) : done_message(status(false)));
  return failure ? static_cast<int>(failure->exit()) : 0;
}

void Supervisor::serve() {
  while (!stopping_) {
    pump();
    for (; !requests_.empty() && !stopping_; requests_.pop_front()) answer(requests_.front());
  }
}

bool Supervisor::is_wanted(Server server) const {
  return std::ranges::find(options_.servers, server) != options_.servers.end();
}

std::vector<process::Executable> Supervisor::needed_executables() const {
  std::vector<process::Executable> needed;
  if (is_wanted(Server::redis)) needed.push_back({"redis-server", "redis-server"});
  if (is_wanted(Server::mysql)) {
    needed.push_back({"mariadbd", "mariadb-server"});
    needed.push_back({"mariadb-install-db", "mariadb-server"});
  }
  return needed;
}

void Supervisor::start() {
  const auto& path = directory_.path();
  redirect_output(path / "supervisor.log");
  listener_ = listen_on(path / "control");
  process::require_executables(needed_executables());
  if (is_wanted(Server::redis)) servers_.emplace_back(redis_recipe(path)).start();
  if (is_wanted(Server::mysql)) servers_.emplace_back(mysql_recipe(path)).start();
  if (is_wanted(Server::kafka)) start_kafka();
  await_servers();
  if (stopping_) return;
  if (is_wanted(Server::redis) && is_wanted(Server::mysql) && is_wanted(Server::kafka))
    write_settings();
  ready_ = true;
  keep_ = false;
  if (owner_) owner_->channel.send(done_message(status(false)));
}

void Supervisor::start_kafka() try {
  const auto java = find_java();
  auto libraries = find_kafka_libraries();
  if (!libraries) {
    fetch_kafka();
    libraries = find_kafka_libraries();
  }
  if (stopping_) return;
  servers_.emplace_back(kafka_recipe(directory_.path(), kafka_home(java, libraries.value())))
      .start();
} catch (const core::Failure& failure) {
  if (failure.exit() != core::Exit::unreachable) throw;
  use_mock_broker(failure);
}

void Supervisor::fetch_kafka() {
  say("kafka: Maven fetches its jars (46 MB, only this once)");
  download_ = std::make_unique<KafkaDownload>(directory_.path() / "kafka");
  while (!stopping_ && !download_->advance()) pump();
  download_.reset();
}

void Supervisor::use_mock_broker(const core::Failure& because) {
  download_.reset();
  const std::string reason = because.what();
  if (options_.real_kafka_required || !mock_broker_)
    throw core::Failure(because.exit(), "no real Kafka: " + reason, because.hint());
  mock_kafka_ = mock_broker_();
  const auto line_end = reason.find('\n');
  if (line_end != std::string::npos) say(reason);
  say(fmt::format(
      "Kafka: librdkafka mock broker ({}), results are not those of a real broker. Hint: {}",
      reason.substr(0, line_end), because.hint()));
}

void Supervisor::await_servers() {
  std::vector<bool> announced(servers_.size());
  const auto is_one_awaited = [&] {
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      const auto& server = servers_[i];
      if (!server.settled() || announced[i]) continue;
      if (server.phase() != ServerProcess::Phase::ready)
        throw core::Failure(core::Exit::unreachable, server.error());
      say(server.ready_line());
      announced[i] = true;
    }
    return std::ranges::count(announced, false) > 0;
  };
  // Asked first: where all have settled, while Kafka was fetched in vain, nothing wakes pump().
  while (!stopping_ && is_one_awaited()) pump();
}

void Supervisor::take_down() {
  download_.reset();
  for (auto& server : servers_) {
    if (keep_)
      server.terminate();
    else
      server.kill();
  }
  while (changing()) {
    ::poll(nullptr, 0, look_every_ms);
    for (auto& server : servers_) server.advance();
  }
  const bool claimed = !directory_.path().empty();
  if (claimed && listener_) std::filesystem::remove(directory_.path() / "control");
  listener_ = {};
  if (claimed) keep_ ? directory_.keep() : directory_.remove();
}

// Waits until something happens, and takes it in. While servers change, it is back soon.
void Supervisor::pump() {
  std::vector<pollfd> waited{{signals_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  for (const auto& client : clients_) waited.push_back({client->channel.fd(), POLLIN, 0});
  ::poll(waited.data(), waited.size(), changing() || download_ ? look_every_ms : -1);

  for (signalfd_siginfo info{}; ::read(signals_.get(), &info, sizeof info) == sizeof info;)
    if (info.ssi_signo != SIGCHLD) stopping_ = true;
  while (auto channel = accept_from(listener_))
    clients_.push_back(std::make_shared<Client>(Client{std::move(*channel)}));
  for (const auto& client : clients_) hear(client);
  std::erase_if(clients_, [](const auto& client) { return client->channel.closed(); });
  for (auto& server : servers_) server.advance();
}

void Supervisor::hear(const std::shared_ptr<Client>& client) {
  while (const auto line = client->channel.next_line(0ms)) note(client, *line);
  const bool needed = client->is_owner && !(options_.detached && ready_);
  if (client->channel.closed() && needed) stopping_ = true;
}

// `status` and `down` are answered at once; all else waits until the servers are up.
void Supervisor::note(const std::shared_ptr<Client>& client, const std::string& text) {
  if (text == "status") {
    client->channel.send(done_message(status(true)));
  } else if (text == "down" || text == "down keep") {
    stopping_ = true;
    keep_ = text == "down keep";
    ender_ = client;
  } else {
    requests_.push_back({client, text});
  }
}

void Supervisor::answer(const Request& request) {
  try {
    const auto space = request.text.find(' ');
    if (request.text != "ready")
      obey(request.text.substr(0, space), server_called(request.text.substr(space + 1)));
    if (!stopping_) request.client->channel.send(done_message(status(false)));
  } catch (const core::Failure& failure) {
    request.client->channel.send(failed_message(failure));
  }
}

ServerProcess& Supervisor::server_called(std::string_view text) {
  for (auto& server : servers_)
    if (name(server.recipe().server) == text) return server;
  throw core::Failure(core::Exit::usage,
                      mock_kafka_ && text == "kafka"
                          ? "the mock broker cannot be killed, stopped or paused"
                          : fmt::format("no server is called {}", core::quote(text)));
}

void Supervisor::obey(std::string_view verb, ServerProcess& server) {
  const auto label = server.recipe().label;
  if (verb == "kill") {
    server.kill();
  } else if (verb == "stop") {
    server.terminate();
  } else if (verb == "start") {
    if (server.phase() != ServerProcess::Phase::ready) server.start();
  } else if (verb == "pause" || verb == "resume") {
    if (!(verb == "pause" ? server.pause() : server.resume()))
      throw core::Failure(core::Exit::runtime, label + " does not run");
  } else {
    throw core::Failure(core::Exit::usage, fmt::format("no such order: {}", core::quote(verb)));
  }
  while (!stopping_ && !server.settled()) pump();
  if (server.phase() == ServerProcess::Phase::failed)
    throw core::Failure(core::Exit::unreachable, server.error());
}

bool Supervisor::changing() const {
  return !std::ranges::all_of(servers_, [](const auto& server) { return server.settled(); });
}

Status Supervisor::status(bool ask) {
  Status status;
  status.supervisor = ::getpid();
  status.addresses.mysql_socket = mysql_socket(directory_.path());
  status.addresses.kafka_is_mock = mock_kafka_.has_value();
  for (auto& server : servers_) {
    const bool answers = ask ? server.answers() : server.phase() == ServerProcess::Phase::ready;
    add(status, {server.recipe().server, server.pid(), server.address(), answers});
  }
  if (mock_kafka_) add(status, {Server::kafka, ::getpid(), *mock_kafka_, true});
  return status;
}

// For `--config`, and for scripts: `set -a; . D/env`.
void Supervisor::write_settings() {
  const auto& path = directory_.path();
  const auto to = status(false).addresses;
  write_file(path / settings_name,
             fmt::format("redis = \"{}\"\nkafka = \"{}\"\nmysql = \"{}@{}/{}\"\n", to.redis.text(),
                         to.kafka.text(), to.mysql_user, to.mysql.text(), to.mysql_database));
  write_file(path / variables_name,
             fmt::format("REDIS_PORT={}\nKAFKA_PORT={}\nMYSQL_PORT={}\nMYSQL_SOCKET='{}'\n"
                         "MYSQL_USER={}\nMYSQL_PASSWORD={}\nMYSQL_DATABASE={}\n"
                         "COUPONCTL_CONFIG='{}'\n",
                         to.redis.port, to.kafka.port, to.mysql.port, to.mysql_socket.native(),
                         to.mysql_user, to.mysql_password, to.mysql_database,
                         (path / settings_name).native()));
}

void Supervisor::say(std::string_view line) {
  if (owner_) owner_->channel.send(progress_message(line));
}

}  // namespace

int supervise(const SuperviseOptions& options, const MockBroker& mock_broker) {
  // The caller of `up` may live on: it reaps the first process at once, and the second is init's.
  if (options.detached && ::fork() > 0) ::_exit(0);
  ::prctl(PR_SET_NAME, "couponctl");
  ::umask(077);
  return Supervisor(options, mock_broker).run();
}

}  // namespace couponctl::stack
