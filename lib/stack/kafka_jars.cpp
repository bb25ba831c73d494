// Where does the private Kafka's program come from? An installed one, the cache, or Maven.
#include "stack/kafka_jars.h"

#include <embedded/configs/kafka/pom.xml.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/failure.h"
#include "core/parse.h"
#include "process/executables.h"
#include "stack/files.h"

namespace couponctl::stack {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view version_fetched = "3.9.2";  // that of configs/kafka/pom.xml
constexpr std::string_view main_jar = "kafka_2.13-";

// 46 MB: 5 s on a good line.
constexpr std::chrono::minutes download_max{10};

constexpr auto install_command = "sudo apt-get install default-jre-headless maven";
constexpr auto elsewhere = "Check the network, or set KAFKA_HOME to an unpacked Kafka";

core::Failure failure(const std::string& what, const std::string& hint) {
  return {core::Exit::unreachable, what, hint};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path cache_directory() {
  if (const auto cache = environment("XDG_CACHE_HOME"); cache.starts_with('/'))
    return fs::path(cache) / "couponctl";
  if (const auto home = environment("HOME"); home.starts_with('/'))
    return fs::path(home) / ".cache" / "couponctl";
  const auto* user = ::getpwuid(::geteuid());
  return fs::path(user ? user->pw_dir : "/nonexistent") / ".cache" / "couponctl";
}

fs::path jars_directory() { return cache_directory() / fmt::format("kafka-{}", version_fetched); }

fs::path sibling(std::string_view ending) {
  return jars_directory().native() + std::string(ending);
}

// The version in the name of Kafka's main jar, "" if the directory holds none. Throws core::Failure
// if it cannot be read.
std::string version_in(const fs::path& libraries) {
  std::error_code error;
  for (fs::directory_iterator entry(libraries, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto stem = entry->path().stem().native();
    if (entry->path().extension() == ".jar" && stem.starts_with(main_jar) &&
        stem.find('-', main_jar.size()) == std::string::npos)
      return stem.substr(main_jar.size());
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    throw core::Failure(core::Exit::runtime,
                        fmt::format("{}: {}", libraries.native(), error.message()));
  return "";
}

}  // namespace

fs::path find_java() {
  const auto home = environment("JAVA_HOME");
  const auto java =
      home.empty() ? process::find_executable("java") : fs::path(home) / "bin" / "java";
  if (!java || ::access(java->c_str(), X_OK) != 0) throw failure("no Java here", install_command);
  return *java;
}

std::optional<fs::path> find_kafka_libraries() {
  if (const auto home = environment("KAFKA_HOME"); !home.empty()) {
    const auto libraries = fs::path(home) / "libs";
    if (version_in(libraries).empty())
      throw core::Failure(
          core::Exit::usage,
          fmt::format("KAFKA_HOME={} has no libs/{}*.jar", core::quote(home), main_jar),
          "Point it at an unpacked Kafka, or unset it");
    return libraries;
  }
  if (const auto script = process::find_executable("kafka-server-start.sh")) {
    std::error_code error;
    const auto libraries = fs::canonical(*script, error).parent_path().parent_path() / "libs";
    if (!version_in(libraries).empty()) return libraries;
  }
  if (!version_in(jars_directory()).empty()) return jars_directory();
  return std::nullopt;
}

KafkaHome kafka_home(const fs::path& java, const fs::path& libraries) {
  return {java, libraries, version_in(libraries)};
}

KafkaDownload::KafkaDownload(const fs::path& work_directory)
    : work_directory_(work_directory), deadline_(std::chrono::steady_clock::now() + download_max) {
  if (!process::find_executable("mvn"))
    throw failure("neither Kafka nor Maven here", install_command);
  std::error_code error;
  fs::create_directories(work_directory, error);
  fs::create_directories(cache_directory(), error);
  lock_ =
      process::FileDescriptor(::open(sibling(".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_)
    throw failure(fmt::format("{}: {}", sibling(".lock").native(), std::strerror(errno)),
                  "Set XDG_CACHE_HOME to a directory that can be written, or KAFKA_HOME");
}

bool KafkaDownload::advance() {
  if (std::chrono::steady_clock::now() > deadline_)
    throw failure(fmt::format("no Kafka jars after {} minutes", download_max.count()), elsewhere);
  if (maven_.running()) return false;
  if (maven_.spawned()) return finish();
  return ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0 && begin();
}

bool KafkaDownload::begin() {
  if (!version_in(jars_directory()).empty()) return true;  // the one before us fetched them
  fs::remove_all(sibling(".partial"));
  const auto pom = work_directory_ / "pom.xml";
  write_file(pom, embedded::pom_xml);
  const auto log = work_directory_ / "maven.log";
  maven_ = process::Child::spawn(
      {.words = {process::find_executable("mvn").value(), "-q", "-B", "-f", pom,
                 "dependency:copy-dependencies", "-DincludeScope=runtime",
                 "-DoutputDirectory=" + sibling(".partial").native()},
       .directory = work_directory_,
       .output = log,
       .error = log});
  return false;
}

bool KafkaDownload::finish() {
  if (!maven_.succeeded())
    throw failure(fmt::format("Maven could not fetch Kafka ({})\n  {}", maven_.ending(),
                              log_tail(work_directory_ / "maven.log")),
                  elsewhere);
  fs::rename(sibling(".partial"), jars_directory());
  return true;
}

}  // namespace couponctl::stack
