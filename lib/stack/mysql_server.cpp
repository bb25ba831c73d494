// How is a private MariaDB run? Durable at every commit, with room for many connections.
#include <fmt/format.h>
#include <unistd.h>

#include "process/executables.h"
#include "stack/files.h"
#include "stack/probe.h"
#include "stack/recipe.h"

namespace couponctl::stack {
namespace {

// mariadbd refuses root unless told; changing to another user would clear the order that kills it
// together with the supervisor.
void append_user(process::Words& words) {
  if (::geteuid() == 0) words.emplace_back("--user=root");
}

// Several of these at once have been seen to spoil one of them, so it gets a second chance.
process::Words install(const std::filesystem::path& directory) {
  const auto data = directory / "data";
  if (std::filesystem::exists(data / "mysql")) return {};
  process::Words words{"/bin/sh",
                       "-c",
                       R"("$@" || { rm -rf "$0"; "$@"; })",
                       data.native(),
                       process::find_executable("mariadb-install-db").value(),
                       "--no-defaults",
                       fmt::format("--datadir={}", data.native()),
                       fmt::format("--tmpdir={}", directory.native()),
                       "--auth-root-authentication-method=normal",
                       "--skip-test-db",
                       "--force"};  // also where the machine's own name does not resolve
  append_user(words);
  return words;
}

process::Words serve(const std::filesystem::path& directory, const Ports& ports) {
  const auto init_file = directory / "init.sql";
  write_file(init_file,
             fmt::format("CREATE DATABASE IF NOT EXISTS {};\n", Addresses{}.mysql_database));
  process::Words words{
      process::find_executable("mariadbd").value(),
      "--no-defaults",
      fmt::format("--datadir={}", (directory / "data").native()),
      fmt::format("--tmpdir={}", directory.native()),
      fmt::format("--pid-file={}", (directory / "mariadbd.pid").native()),
      fmt::format("--socket={}", (directory / "sock").native()),
      fmt::format("--init-file={}", init_file.native()),
      fmt::format("--port={}", ports.service),
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      "--innodb-flush-log-at-trx-commit=1",
      // Hundreds of threads of a race, each with its own connection.
      "--max-connections=1200",
      // Probes and faults break off handshakes; the default would lock out 127.0.0.1 after 100.
      "--max-connect-errors=4294967295",
      // root has no password here: files of the machine stay out of its reach.
      fmt::format("--secure-file-priv={}", (directory / "files").native()),
      "--key-buffer-size=1M",
      "--aria-pagecache-buffer-size=8M",
  };
  std::filesystem::create_directories(directory / "files");
  append_user(words);
  return words;
}

}  // namespace

std::filesystem::path mysql_socket(const std::filesystem::path& stack_directory) {
  return stack_directory / "mysql" / "sock";
}

Recipe mysql_recipe(const std::filesystem::path& stack_directory) {
  const auto directory = stack_directory / "mysql";
  return {
      .server = Server::mysql,
      .label = "mariadb",
      .directory = directory,
      .ready_within = std::chrono::seconds(40),
      .prepare = [directory](const Ports&) { return install(directory); },
      .serve = [directory](const Ports& ports) { return serve(directory, ports); },
      .version = ask_mysql,
  };
}

}  // namespace couponctl::stack
