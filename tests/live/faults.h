// A product whose processes are killed or stopped at a named point of their work.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "live/consume.h"

namespace couponctl::live {

// Servers of their own for the tests that kill, pause or starve one: started at the first call,
// taken down when the tests are over. Each test leaves them as it found them.
stack::Stack& harmed_servers();

class Faults : public Consume {
 protected:
  explicit Faults(int partitions = 1, const servers::Servers& servers = live::servers())
      : Consume(partitions, servers) {}

  // `couponctl <words>` of the test build, which kills itself at the point "name:n", or stops
  // itself at "name:n:stop".
  std::vector<std::string> faulty(const std::string& point, std::vector<std::string> words) const;
  // Such a command line of `consume`, in a group of its own: nobody waits for a dead member.
  std::vector<std::string> faulty_consume(const std::string& point,
                                          std::vector<std::string> more = {}) const;
  // Runs it and asserts that it was killed there.
  static void kill_at(const std::vector<std::string>& faulty_line, const std::string& input = "");

  // `apply --campaign summer <words>`, until it ends.
  test::Finished apply(std::vector<std::string> words, const std::string& input = "") const;
  // The command line of it.
  static std::vector<std::string> apply_words(std::vector<std::string> words);
  // Another group than the one that was killed.
  test::Finished drain_anew(std::vector<std::string> more = {});
  void drain_all(std::vector<std::string> more = {});  // and asserts that it worked

  std::int64_t outbox(const std::string& campaign = "summer");
  std::int64_t admitted(const std::string& campaign = "summer");
  std::int64_t failed_events() const { return count("SELECT COUNT(*) FROM failed_event"); }

  static bool has_stopped(const test::Child& child);
};

// The disk of a process is full while this lives: no file of it can grow beyond so many bytes.
class FullDisk {
 public:
  FullDisk(pid_t process, std::uint64_t file_bytes_max);
  ~FullDisk();
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  const pid_t process_;
};

}  // namespace couponctl::live
