#include "cli/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/printable.h"

namespace couponctl::cli {
namespace {

// One line for each message, printable().
class PrintableFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    spdlog::memory_buf_t line;
    pattern_.format(message, line);
    const auto text = core::printable(std::string_view(line.data(), line.size())) + "\n";
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<PrintableFormatter>();
  }

 private:
  spdlog::pattern_formatter pattern_{"%Y-%m-%dT%H:%M:%S.%e%z %l %v",
                                     spdlog::pattern_time_type::local, ""};
};

class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LineSink(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write_({line.data(), line.size() - 1});  // without its end
  }
  void flush_() override {}

  std::function<void(std::string_view)> write_;
};

std::shared_ptr<spdlog::logger> make_log(const Globals& globals, spdlog::sink_ptr sink) {
  auto log = std::make_shared<spdlog::logger>("couponctl", std::move(sink));
  log->set_formatter(std::make_unique<PrintableFormatter>());
  const auto level = spdlog::level::from_str(globals.log_level);
  log->set_level(globals.quiet ? std::max(level, spdlog::level::err) : level);
  return log;
}

}  // namespace

std::shared_ptr<spdlog::logger> make_log(const Globals& globals) {
  return make_log(globals, std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

std::shared_ptr<spdlog::logger> make_log(const Globals& globals,
                                         std::function<void(std::string_view line)> write) {
  return make_log(globals, std::make_shared<LineSink>(std::move(write)));
}

}  // namespace couponctl::cli
