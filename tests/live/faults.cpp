#include "live/faults.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "process/state.h"

namespace couponctl::live {

using test::Child;

namespace {

std::optional<stack::Stack>& running() {
  static std::optional<stack::Stack> stack;
  return stack;
}

class TakeDown final : public testing::Environment {
  void TearDown() override { running().reset(); }
};

const auto* const registered = testing::AddGlobalTestEnvironment(new TakeDown);

void limit_files(pid_t process, rlim_t bytes_max) {
  const rlimit limit{.rlim_cur = bytes_max, .rlim_max = RLIM_INFINITY};
  EXPECT_EQ(::prlimit(process, RLIMIT_FSIZE, &limit, nullptr), 0) << process;
}

}  // namespace

// Beyond the limit of FullDisk a write is to fail, as on a full disk, and not to end the writer:
// the servers inherit that the signal is ignored.
stack::Stack& harmed_servers() {
  if (running()) return *running();
  const auto directory =
      std::filesystem::path(testing::TempDir()) / fmt::format("couponctl-harmed-{}", ::getpid());
  const auto supervisor = directory.string() + ".sh";
  std::ofstream(supervisor) << "#!/bin/sh\ntrap '' XFSZ\nexec " COUPONCTL_BINARY " \"$@\"\n";
  std::filesystem::permissions(supervisor, std::filesystem::perms::owner_all);
  running().emplace(stack::Stack::start(
      {.directory = directory, .supervisor = supervisor, .real_kafka_required = true},
      [](std::string_view line) { std::cerr << line << '\n'; }));
  std::filesystem::remove(supervisor);
  return *running();
}

FullDisk::FullDisk(pid_t process, std::uint64_t file_bytes_max) : process_(process) {
  limit_files(process_, file_bytes_max);
}

FullDisk::~FullDisk() {
  if (!process::is_gone(process_)) limit_files(process_, RLIM_INFINITY);
}

std::vector<std::string> Faults::faulty(const std::string& point,
                                        std::vector<std::string> words) const {
  words.insert(words.begin(), {"env", "COUPONCTL_KILLPOINT=" + point, COUPONCTL_FAULTY});
  return command_line(std::move(words));
}

std::vector<std::string> Faults::faulty_consume(const std::string& point,
                                                std::vector<std::string> more) const {
  more.insert(more.begin(), {"consume", "--group", topic + "_" + point.substr(0, point.find(':'))});
  return faulty(point, std::move(more));
}

void Faults::kill_at(const std::vector<std::string>& faulty_line, const std::string& input) {
  Child child(faulty_line, input);
  ASSERT_EQ(child.wait(), 128 + SIGKILL) << "it never came there: " << child.err();
}

std::vector<std::string> Faults::apply_words(std::vector<std::string> words) {
  words.insert(words.begin(), {"apply", "--campaign", "summer"});
  return words;
}

test::Finished Faults::apply(std::vector<std::string> words, const std::string& input) const {
  return test::couponctl(command_line(apply_words(std::move(words))), input);
}

test::Finished Faults::drain_anew(std::vector<std::string> more) {
  more.insert(more.begin(), {"consume", "--until-drained", "--group", topic + "_anew"});
  return run(std::move(more));
}

void Faults::drain_all(std::vector<std::string> more) {
  const auto [code, out, err] = drain_anew(std::move(more));
  ASSERT_EQ(code, 0) << err;
}

std::int64_t Faults::outbox(const std::string& campaign) {
  return redis::integer(redis().command({"XLEN", issuance::CampaignKeys(campaign).outbox}))
      .
      operator*();
}

std::int64_t Faults::admitted(const std::string& campaign) {
  return redis::integer(redis().command({"HLEN", issuance::CampaignKeys(campaign).users}))
      .
      operator*();
}

bool Faults::has_stopped(const Child& child) {
  return test::eventually([&] { return child.stopped(); });
}

}  // namespace couponctl::live
