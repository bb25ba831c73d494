#include "fault/run.h"

#include <fmt/format.h>

#include <exception>
#include <mutex>
#include <thread>

namespace couponctl::fault {
namespace {

class Workers {
 public:
  Workers(const RunOptions& options, const NextTask& next, const Done& done)
      : options_(options), next_(next), done_(done) {}

  void run() {
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < options_.arenas; ++i) threads.emplace_back([this, i] { work(i); });
    }
    if (failed_) std::rethrow_exception(failed_);
  }

 private:
  void work(int number) try {
    Arena arena(options_.supervisor, options_.directory / fmt::format("arena{}", number));
    while (const auto task = next()) {
      Result result{.task = *task, .outcome = {}, .logs = logs_of(*task)};
      try {
        result.outcome = run_trial(arena, task->plan,
                                   {.binary = options_.binary,
                                    .logs = result.logs,
                                    .planted = task->planted,
                                    .drops_constraints = task->drops_constraints});
      } catch (const std::exception& error) {
        result.outcome.findings.push_back(
            {Breach::hung, fmt::format("the trial broke off: {}", error.what())});
      }
      if (result.outcome.findings.empty()) std::filesystem::remove_all(result.logs);
      const std::scoped_lock lock(mutex_);
      done_(result);
    }
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    failed_ = std::current_exception();
  }

  std::filesystem::path logs_of(const Task& task) const {
    auto name = task.name;
    for (auto& letter : name)
      if (letter == ' ') letter = '_';
    return options_.directory / "logs" / name;
  }

  std::optional<Task> next() {
    const std::scoped_lock lock(mutex_);
    return failed_ ? std::nullopt : next_();
  }

  const RunOptions& options_;
  const NextTask& next_;
  const Done& done_;
  std::mutex mutex_;
  std::exception_ptr failed_;
};

}  // namespace

void run(const RunOptions& options, const NextTask& next, const Done& done) {
  Workers(options, next, done).run();
}

}  // namespace couponctl::fault
