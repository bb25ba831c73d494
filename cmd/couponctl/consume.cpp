// `couponctl consume`: the daemon that turns winners on the topic into rows of the ledger.
#include "issuance/consume.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "admin/preflight.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/sd_notify.h"
#include "core/parse.h"
#include "couponctl/commands.h"
#include "ledger/schema.h"
#include "process/signals.h"
#include "report/consume_report.h"
#include "report/progress.h"
#include "report/units.h"
#include "servers/connect.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using cli::Notify;
using core::Exit;
using issuance::Consumed;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

struct Options {
  std::int64_t max_rate = 0;
  std::int64_t batch = 1000;
  bool until_drained = false;
  milliseconds shutdown_timeout = 10s;
  bool allow_unsafe = false;
};

// Ends the process when it has not ended within its time after a stop was asked for, or after all
// was done: the clients' libraries may hang once their servers are gone. Nothing is lost by it:
// what is not in the ledger is on the topic or in the outbox.
class Deadline {
 public:
  Deadline(const Context& context, std::stop_token stop, milliseconds timeout)
      : context_(context), timeout_(timeout), begin_(std::move(stop), [this] { begin(); }) {}

  void begin() {
    const std::scoped_lock lock(mutex_);
    begun_ = true;
    changed_.notify_all();
  }

 private:
  void watch(const std::stop_token& ended) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, ended, [this] { return begun_; })) return;
    changed_.wait_for(lock, ended, timeout_, [] { return false; });
    if (ended.stop_requested()) return;
    context_.complain(Exit::runtime, fmt::format("not stopped within {}: ended. Nothing is lost",
                                                 core::format_duration(timeout_)));
    ::_exit(static_cast<int>(Exit::runtime));
  }

  const Context& context_;
  const milliseconds timeout_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  bool begun_ = false;
  // From the start on: when the time to stop has come there may be no room for a thread.
  std::jthread thread_{[this](const std::stop_token& ended) { watch(ended); }};
  std::stop_callback<std::function<void()>> begin_;  // last: it uses the others
};

// Tells systemd and whoever reads the log, or watches the terminal, how it goes.
class Show {
 public:
  Show(const Options& options, const Context& context)
      : line_(line_for(options, context)),
        log_(line_ ? cli::make_log(context.globals, [this](auto text) { line_->note(text); })
                   : cli::make_log(context.globals)),
        report_({.topic = context.globals.topic,
                 .group = context.globals.group,
                 .until_drained = options.until_drained,
                 .now = report::standard_error().now,
                 .line = line_ ? &*line_ : nullptr,
                 .log = log_,
                 .status = [this](const std::string& what) { notify_.send("STATUS=" + what); }}) {}

  const issuance::Log& log() const { return log_; }
  milliseconds interval() const { return report_.interval(); }

  issuance::ConsumeObserver observer(std::function<void()> drained) {
    return {.ready = [this] { notify_.send("READY=1"); },
            .waits = [this](const std::string& why) { notify_.send("STATUS=" + why); },
            .started = [this](const auto& starts) { report_.started(starts); },
            .alive = [this] { notify_.alive(); },
            .drained = std::move(drained),
            .progressed = [this](const auto& consumed,
                                 auto left) { report_.progressed(consumed, left); }};
  }
  void stopping() const { notify_.send("STOPPING=1\nSTATUS=Stopping"); }

 private:
  static std::optional<report::Progress> line_for(const Options& options, const Context& context) {
    auto terminal = context.progress_terminal();
    if (!terminal.redraws || context.globals.quiet) return std::nullopt;
    return std::optional<report::Progress>(std::in_place, std::move(terminal),
                                           options.until_drained ? "drain" : "consume",
                                           std::nullopt);
  }

  Notify notify_;
  std::optional<report::Progress> line_;
  const issuance::Log log_;
  report::ConsumeReport report_;
};

void print_summary(const Context& context, const Consumed& consumed) {
  report::Table table({{"RESULT"}, {"MESSAGES", report::Align::right}});
  table.add({"read", std::to_string(consumed.read)});
  table.add({"issued", std::to_string(consumed.issued)});
  table.add({"duplicate", std::to_string(consumed.duplicate)});
  auto failed = nlohmann::ordered_json::object();
  for (const auto& [failure, count] : consumed.failed) {
    table.add({std::string(ledger::name(failure)), std::to_string(count)});
    failed[std::string(ledger::name(failure))] = count;
  }
  print(context, table,
        {{"read", consumed.read},
         {"issued", consumed.issued},
         {"duplicate", consumed.duplicate},
         {"failed", failed},
         {"data_gap_partitions", consumed.gaps},
         {"drained", consumed.drained},
         {"elapsed_ns", consumed.elapsed.count()}});
  context.note(
      fmt::format("{} messages in {}", consumed.read, core::format_duration(consumed.elapsed)));
  if (consumed.duplicate > 0)
    context.note(
        "A duplicate is a message that came once more, for whoever has a coupon already: sent "
        "again because\nsomebody could not know that it had arrived, or read again. Nobody got "
        "a second coupon.");
}

void check_servers(const Options& options, const Context& context) {
  const auto servers = context.globals.servers();
  const auto warn = [&](const std::string& what) { context.warn(what); };
  auto redis = servers::connect(servers.redis);
  admin::require_fit(redis, servers.redis.where(), options.allow_unsafe, warn);
  auto database = ledger::open_to_write(servers.mysql);
  admin::require_fit(database, options.allow_unsafe, warn);
}

// Partitions that stand still outweigh how it ended: nothing else than this mends them.
Exit exit_of(const Options& options, const Consumed& consumed, Exit after_signal,
             const Context& context) {
  if (!consumed.gaps.empty()) {
    context.complain(Exit::runtime,
                     fmt::format("not all was read: the broker has lost or spoiled messages of "
                                 "partition {}",
                                 fmt::join(consumed.gaps, ", ")));
    return Exit::runtime;
  }
  return options.until_drained && !consumed.drained ? after_signal : Exit::ok;
}

Exit consume(const Options& options, const Context& context) {
  const process::SignalWatch signals(context.globals.quiet);
  Deadline deadline(context, signals.stop_token(), options.shutdown_timeout);
  const auto& globals = context.globals;
  const auto servers = globals.servers();
  check_servers(options, context);
  Consumed consumed;
  {
    Show show(options, context);
    const std::stop_callback stopping(signals.stop_token(), [&] { show.stopping(); });
    consumed = issuance::consume({.redis = servers.redis,
                                  .kafka = servers.kafka,
                                  .mysql = servers.mysql,
                                  .topic = globals.topic,
                                  .group = globals.group,
                                  .default_campaign = globals.campaign,
                                  .batch_messages_max = options.batch,
                                  .rows_per_s_max = options.max_rate,
                                  .until_drained = options.until_drained,
                                  .progress_interval = show.interval(),
                                  .log = show.log()},
                                 show.observer([&] { deadline.begin(); }), signals.stop_token());
  }
  print_summary(context, consumed);
  return exit_of(options, consumed, signals.exit_code(), context);
}

}  // namespace

void add_consume(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.command("consume", "Turn winners on the topic into coupons: the daemon, relay included")
      .example("couponctl consume", "until Ctrl-C or SIGTERM")
      .example("couponctl consume --until-drained", "until nothing is left to be written")
      .example("couponctl consume --max-rate 100", "at the pace of a small database")
      .integer("max-rate", options->max_rate, 0, 10'000'000,
               "Write `N` rows a second at the most; 0: no limit")
      .flag("until-drained", options->until_drained,
            "Exit 0 once every message is written and every outbox is empty")
      .integer("batch", options->batch, 1, 100'000, "Write up to `N` rows in one transaction")
      .duration("shutdown-timeout", options->shutdown_timeout, 100ms, 10min,
                "`TIME` to stop in after SIGTERM; then the process ends as it is")
      .flag("allow-unsafe", options->allow_unsafe,
            "Only warn of a Redis or MySQL that can lose what it has acknowledged")
      .run([options](const Context& context) { return consume(*options, context); });
}

}  // namespace couponctl::cmd
