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
#include <fstream>

#include "core/failure.h"
#include "core/parse.h"

namespace couponctl::stack {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view version_fetched = "3.9.2";  // that of configs/kafka/pom.xml
constexpr std::string_view main_jar = "kafka_2.13-";

// 46 MB: 5 s on a good line.
constexpr std::chrono::minutes download_max{10};

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

// The version in the name of Kafka's main jar, "" if the directory holds none.
std::string version_in(const fs::path& libraries) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(libraries, error)) {
    const auto stem = entry.path().stem().native();
    if (entry.path().extension() == ".jar" && stem.starts_with(main_jar) &&
        stem.find('-', main_jar.size()) == std::string::npos)
      return stem.substr(main_jar.size());
  }
  return "";
}

}  // namespace

std::optional<fs::path> find_java() {
  const auto home = environment("JAVA_HOME");
  if (home.empty()) return find_executable("java");
  const auto java = fs::path(home) / "bin" / "java";
  return ::access(java.c_str(), X_OK) == 0 ? std::optional(java) : std::nullopt;
}

std::optional<fs::path> find_kafka_libraries() {
  if (const auto home = environment("KAFKA_HOME"); !home.empty()) {
    const auto libraries = fs::path(home) / "libs";
    if (version_in(libraries).empty())
      throw core::Failure(
          core::Exit::usage,
          fmt::format("KAFKA_HOME={} has no libs/{}*.jar", core::quote(home), main_jar),
          "Point it at an unpacked Kafka, or unset it.");
    return libraries;
  }
  if (const auto script = find_executable("kafka-server-start.sh")) {
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
  fs::create_directories(work_directory);
  fs::create_directories(cache_directory());
  lock_ = FileDescriptor(::open(sibling(".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_)
    throw core::Failure(core::Exit::runtime,
                        fmt::format("{}: {}", sibling(".lock").native(), std::strerror(errno)));
}

KafkaDownload::State KafkaDownload::advance() {
  if (std::chrono::steady_clock::now() > deadline_) {
    error_ = fmt::format("no Kafka jars after {} minutes", download_max.count());
    return State::failed;
  }
  if (maven_.running()) return State::running;
  if (maven_.spawned()) return finish();
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) return State::running;
  return begin();
}

KafkaDownload::State KafkaDownload::begin() {
  if (!version_in(jars_directory()).empty()) return State::done;  // the one before us fetched them
  const auto partial = sibling(".partial");
  fs::remove_all(partial);
  const auto pom = work_directory_ / "pom.xml";
  std::ofstream(pom) << embedded::pom_xml;
  maven_ = Child::spawn({.words = {find_executable("mvn").value(), "-q", "-B", "-f", pom,
                                   "dependency:copy-dependencies", "-DincludeScope=runtime",
                                   "-DoutputDirectory=" + partial.native()},
                         .directory = work_directory_,
                         .log = work_directory_ / "maven.log"});
  return State::running;
}

KafkaDownload::State KafkaDownload::finish() {
  if (!maven_.succeeded()) {
    error_ = fmt::format("Maven could not fetch Kafka ({}):\n  {}", maven_.ending(),
                         log_tail(work_directory_ / "maven.log"));
    return State::failed;
  }
  fs::rename(sibling(".partial"), jars_directory());
  return State::done;
}

}  // namespace couponctl::stack
