// `couponctl apply`: asks for coupons and says what each applicant is told.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "admin/history.h"
#include "admin/preflight.h"
#include "cli/usage_error.h"
#include "cli/user_lines.h"
#include "core/parse.h"
#include "couponctl/commands.h"
#include "issuance/apply.h"
#include "issuance/lanes.h"
#include "process/signals.h"
#include "report/csv_value.h"
#include "report/progress.h"
#include "report/units.h"
#include "servers/topic.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using cli::Globals;
using cli::UsageError;
using cli::UserLines;
using core::Decision;
using core::Exit;
using core::UserId;
using issuance::Ack;
using issuance::Applied;

struct Options {
  std::string user;
  std::string users_from;
  std::string users_column;
  std::string ack = "kafka";
  std::chrono::milliseconds timeout{5000};
  bool allow_unsafe = false;
};

core::Result<void> check_user(std::string_view text) {
  if (const auto user = cli::parse_user(text); !user) return user.error();
  return {};
}

Exit exit_of(Decision decision) {
  switch (decision) {
    case Decision::admitted:
    case Decision::queued:
    case Decision::issued:
      return Exit::ok;
    case Decision::duplicate:
      return Exit::duplicate;
    case Decision::sold_out:
      return Exit::sold_out;
    case Decision::not_open:
    case Decision::closed:
      return Exit::not_open;
    case Decision::in_doubt:
      return Exit::in_doubt;
    case Decision::unavailable:
      return Exit::unreachable;
  }
  return Exit::runtime;
}

// Prints one line for each applicant as soon as it is known.
class Printer {
 public:
  Printer(const Context& context, const Options& options)
      : context_(context), ack_(options.ack), output_(context.globals.output) {}

  void print(const Applied& applied) {
    const auto user = core::number(applied.user);
    const auto decision = core::name(applied.decision);
    const auto seq = applied.seq == 0 ? std::string() : std::to_string(applied.seq);
    if (output_ == "json") {
      fmt::print(context_.out, "{}\n", json(applied).dump());
      return;
    }
    if (!std::exchange(headed_, true)) head();
    if (output_ == "csv")
      fmt::print(context_.out, "{},{},{},{},{}\n", user, decision, seq, ack_,
                 report::csv_field(applied.reason));
    else if (output_ == "markdown")
      context_.print(fmt::format("| {} | {} | {} | {} |\n", user, decision, seq,
                                 report::markdown_cell(applied.reason)));
    else
      print_row(user, decision, seq, applied.reason);
  }

 private:
  void head() {
    if (output_ == "csv") fmt::print(context_.out, "user,decision,seq,ack,reason\n");
    if (output_ == "markdown")
      fmt::print(context_.out, "| USER | DECISION | SEQ | REASON |\n| ---: | --- | ---: | --- |\n");
    if (output_ == "table") print_row("USER", "DECISION", "SEQ", "REASON");
  }

  // Widths that do not wait for the last user: each is told as soon as it is known.
  void print_row(const auto& user, std::string_view decision, std::string_view seq,
                 std::string_view reason) {
    constexpr int reason_columns_min = 20;
    auto head = fmt::format("{:<19}  {:<11}  {:>10}  ", user, decision, seq);
    const int room = context_.look.width_max - static_cast<int>(head.size());
    const auto text = report::printable(reason);
    for (const auto& line :
         room < reason_columns_min ? std::vector{text} : report::wrapped(text, room)) {
      auto row = std::exchange(head, std::string(head.size(), ' ')) + line;
      row.erase(row.find_last_not_of(' ') + 1);
      context_.print(row + '\n');
    }
  }

  nlohmann::ordered_json json(const Applied& applied) const {
    // As text: many readers of JSON keep 53 bits of a number.
    nlohmann::ordered_json line{{"schema_version", 2},
                                {"campaign", context_.globals.campaign},
                                {"user", std::to_string(core::number(applied.user))},
                                {"decision", core::name(applied.decision)},
                                {"seq", nullptr},
                                {"ack", ack_}};
    if (applied.seq != 0) line["seq"] = applied.seq;
    if (!applied.reason.empty()) line["reason"] = applied.reason;
    return line;
  }

  const Context& context_;
  const std::string ack_;
  const std::string output_;
  bool headed_ = false;
};

// Counts the answers, and says at the end what became of all.
struct Tally {
  std::map<Decision, std::int64_t> count;
  std::int64_t users = 0;

  Exit exit() const {
    if (count.contains(Decision::unavailable)) return Exit::unreachable;
    return count.contains(Decision::in_doubt) ? Exit::in_doubt : Exit::ok;
  }
  std::string text() const {
    std::vector<std::string> parts;
    for (const auto& [decision, number] : count)
      parts.push_back(fmt::format("{} {}", report::grouped(number), core::name(decision)));
    return fmt::format("{} user{}{}{}", report::grouped(users), users == 1 ? "" : "s",
                       parts.empty() ? "" : ": ", fmt::join(parts, ", "));
  }
};

Ack ack_of(const Options& options) {
  return options.ack == "redis" ? Ack::redis : options.ack == "kafka" ? Ack::kafka : Ack::ledger;
}

// What one run of the command needs to ask, beside a connection to Redis.
class Asking {
 public:
  Asking(const Options& options, const Context& context, std::chrono::milliseconds linger)
      : context_(context),
        allow_unsafe_(options.allow_unsafe),
        options_{.redis = context.globals.servers().redis,
                 .mysql = context.globals.servers().mysql,
                 .campaign = context.globals.campaign,
                 .ack = ack_of(options),
                 .timeout = options.timeout},
        inquiry_(options_.mysql, options_.campaign) {
    if (options_.ack != Ack::redis)
      handover_.emplace(issuance::HandoverOptions{context.globals.servers().kafka,
                                                  context.globals.topic, linger});
  }

  // Not after a reconnect: a server that restarted or failed over is fenced anyway.
  void look(redis::Client& redis) {
    admin::require_fit(redis, options_.redis.where(), allow_unsafe_,
                       [&](const std::string& what) { context_.warn(what); });
    // What cannot be read is told to who applies.
    if (auto meta = admin::read_meta(redis, options_.campaign)) meta_ = *std::move(meta);
  }

  const issuance::ApplyOptions& options() const { return options_; }
  issuance::Handover* handover() { return handover_ ? &*handover_ : nullptr; }
  const admin::Inquiry& inquiry() const { return inquiry_; }
  const std::optional<admin::Meta>& meta() const { return meta_; }  // as it was at the start

 private:
  const Context& context_;
  const bool allow_unsafe_;
  const issuance::ApplyOptions options_;
  const admin::Inquiry inquiry_;
  std::optional<admin::Meta> meta_;
  std::optional<issuance::Handover> handover_;
};

constexpr std::chrono::seconds inquiry_max{2};
constexpr std::chrono::seconds broker_max{1};

// What mends it, if Kafka is silent for want of the topic.
std::string topic_advice(const Applied& applied, const Globals& globals) {
  const auto cluster = globals.servers().kafka;
  if (!applied.kafka_is_silent || !servers::lacks_topic(cluster, globals.topic, broker_max))
    return "";
  const auto missing = servers::no_topic(cluster, globals.topic);
  return fmt::format(". {}. {}", missing.what(), missing.hint());
}

// Redis knows no campaign: it has forgotten it, or there never was one. Only the database can tell.
std::string uninit_explanation(const std::string& campaign, const admin::Inquiry& inquiry) {
  const auto* const answer = inquiry.answer(inquiry_max);
  const auto open = fmt::format("\"couponctl campaign open {} --quota N\"", campaign);
  const auto recover = fmt::format("\"couponctl recover --campaign {}\"", campaign);
  if (!answer || !*answer || !**answer)
    return fmt::format(
        "campaign {} is not open in Redis{}. Open it with {}; if it was open before, "
        "run {}",
        campaign, answer && *answer ? "" : ", and the database did not answer", open, recover);
  if ((**answer)->state == ledger::State::fresh)
    return fmt::format("campaign {} is not open yet. Open it with {}", campaign, open);
  return fmt::format("Redis has forgotten campaign {}. Run {}", campaign, recover);
}

std::string explanation(const Applied& applied, const Globals& globals,
                        const admin::Inquiry& inquiry) {
  const auto& campaign = globals.campaign;
  if (applied.reason == "UNINIT") return uninit_explanation(campaign, inquiry);
  if (applied.reason == "FENCED" || applied.reason == "CORRUPT")
    return fmt::format(
        "campaign {0} is {1} in Redis: it restarted, failed over or lost keys since the "
        "campaign was opened. Run \"couponctl recover --campaign {0}\"",
        campaign, applied.reason);
  if (applied.reason == "RECOVERING" || applied.reason == "RESETTING")
    return fmt::format(
        "campaign {0} is {1}. Should nobody be at it any more, run \"couponctl {2} --campaign "
        "{0}\" "
        "again",
        campaign, applied.reason, applied.reason == "RECOVERING" ? "recover" : "reset-redis");
  if (applied.reason == "BUSY")
    return fmt::format(
        "the outbox of campaign {} is full: nobody hands over to Kafka. Start "
        "\"couponctl consume\" and see \"couponctl status\"",
        campaign);
  if (applied.decision == Decision::in_doubt)
    return applied.reason + "; the place is kept, and asking again is safe" +
           topic_advice(applied, globals);
  return applied.reason;
}

// A campaign of which neither Redis nor the database has heard is a wrong name.
void require_known(const Applied& applied, const Globals& globals, const admin::Inquiry& inquiry) {
  if (applied.reason != "UNINIT") return;
  const auto* const answer = inquiry.answer(inquiry_max);
  if (answer && *answer && !**answer) throw admin::no_such_campaign(globals.campaign);
}

// Says once that the database does not know what Redis admits for: those who are told that they
// have won get no coupon of it.
class Warning {
 public:
  // `before` is called before it is said.
  Warning(
      const Context& context, const Asking& asking, std::function<void()> before = [] {})
      : context_(context), asking_(asking), before_(std::move(before)) {}

  void say(std::chrono::milliseconds wait) {
    const auto& meta = asking_.meta();
    if (said_ || !meta) return;
    const auto* const answer = asking_.inquiry().answer(wait);
    if (!answer || !*answer || !admin::is_behind(**answer, meta)) return;
    said_ = true;
    before_();
    const auto& globals = context_.globals;
    context_.warn(fmt::format(
        "Redis admits for campaign {}, epoch {}, and {}: whoever is admitted gets no coupon there "
        "(MySQL at {}, database {}). {}",
        globals.campaign, meta->epoch, admin::database_knows(**answer),
        globals.servers().mysql.where(), globals.servers().mysql.database,
        admin::ways_out(globals.campaign)));
  }

 private:
  const Context& context_;
  const Asking& asking_;
  const std::function<void()> before_;
  bool said_ = false;
};

void explain(const Applied& applied, const Context& context, const admin::Inquiry& inquiry) {
  context.complain(exit_of(applied.decision), explanation(applied, context.globals, inquiry));
}

Exit apply_one(const Options& options, const Context& context) {
  const process::SignalWatch signals(
      context.globals.quiet);  // who was asked about is answered, within --timeout
  Asking asking(options, context, std::chrono::milliseconds(0));
  issuance::Apply apply(asking.options(), asking.handover());
  asking.look(apply.redis());
  const UserId user[] = {*cli::parse_user(options.user)};
  const auto applied = apply.apply(user).front();
  require_known(applied, context.globals, asking.inquiry());
  Printer(context, options).print(applied);
  context.flush();  // who asks does not wait for what else there is to say
  if (!applied.reason.empty()) explain(applied, context, asking.inquiry());
  Warning(context, asking).say(inquiry_max);
  return exit_of(applied.decision);
}

// On a terminal the answers show how far it is; elsewhere their reader may be long.
std::optional<report::Progress> progress_for(const Context& context,
                                             std::optional<std::int64_t> users) {
  if (::isatty(::fileno(context.out)) == 1) return std::nullopt;
  auto terminal = context.progress_terminal();
  const auto total = terminal.redraws ? users : std::nullopt;
  return std::optional<report::Progress>(std::in_place, std::move(terminal), "apply", total);
}

// Asks in batches, and prints what each user is told.
class Batches {
 public:
  // `users` will be asked; nullopt: nobody knows how many.
  Batches(const Options& options, const Context& context, std::optional<std::int64_t> users)
      : context_(context),
        asking_(options, context, std::chrono::milliseconds(5)),
        warning_(context, asking_, [this] { make_room(); }),
        printer_(context, options),
        progress_(progress_for(context, users)),
        lanes_(asking_.options(), asking_.handover(),
               [this](const std::vector<Applied>& answers) { tell(answers); }) {
    asking_.look(lanes_.redis());
  }

  // While others are being told.
  void complain(const std::string& what) {
    make_room();
    context_.complain(Exit::usage, what);
  }

  // False: a stop was requested before they could be asked.
  bool ask(std::span<const UserId> users, const std::stop_token& stop) {
    return lanes_.apply(users, stop);
  }

  // How all went, and what there is to say about it.
  const Tally& end() {
    lanes_.finish();
    progress_.reset();
    context_.note(tally_.text());
    if (tally_.users > 0) warning_.say(inquiry_max);
    return tally_;
  }

  // `rest` says who was not asked.
  Exit interrupted(Exit after_signal, const std::string& rest) const {
    context_.complain(after_signal, fmt::format("interrupted: {} not asked", rest));
    // Who is in doubt is to be asked again; whoever was never asked knows it from the answers.
    return tally_.count.contains(Decision::in_doubt) ? Exit::in_doubt : after_signal;
  }

 private:
  // Above the line of the progress.
  void make_room() {
    if (progress_) progress_->clear();
  }

  void tell(const std::vector<Applied>& answers) {
    for (const auto& applied : answers) {
      if (tally_.users == 0) require_known(applied, context_.globals, asking_.inquiry());
      printer_.print(applied);
      if (tally_.count[applied.decision]++ == 0 && !applied.reason.empty()) {
        make_room();
        explain(applied, context_, asking_.inquiry());
      }
      ++tally_.users;
    }
    warning_.say({});
    context_.flush();
    if (progress_) progress_->update(tally_.users, tally_.text());
  }

  const Context& context_;
  Asking asking_;
  Warning warning_;
  Printer printer_;
  std::optional<report::Progress> progress_;
  Tally tally_;
  issuance::Lanes lanes_;  // last: its threads tell
};

Exit apply_file(const Options& options, const Context& context) {
  const process::SignalWatch signals(context.globals.quiet);
  const auto users =
      cli::read_users({options.users_from, options.users_column}, signals.stop_token(),
                      [&](const std::string& text) { context.note(text); });
  if (signals.exit_code() != Exit::ok) {
    context.complain(signals.exit_code(), "interrupted: nobody was asked");
    return signals.exit_code();
  }
  Batches batches(options, context, std::ssize(users));
  for (std::span<const UserId> left = users; !left.empty();) {
    const auto batch = left.first(std::min(issuance::admit_users_max, left.size()));
    if (!batches.ask(batch, signals.stop_token())) break;
    left = left.subspan(batch.size());
  }
  const auto& tally = batches.end();
  const auto not_asked = std::ssize(users) - tally.users;
  if (not_asked == 0) return tally.exit();
  return batches.interrupted(signals.exit_code(), report::grouped(not_asked) + " users were");
}

Exit apply_stdin(const Options& options, const Context& context) {
  const process::SignalWatch signals(context.globals.quiet);
  const auto stop = signals.stop_token();
  Batches batches(options, context, std::nullopt);
  UserLines lines(STDIN_FILENO, {"standard input", options.users_column},
                  [&](const std::string& what) { batches.complain(what); });
  for (auto users = lines.next(issuance::admit_users_max, stop); !users.empty();
       users = lines.next(issuance::admit_users_max, stop))
    if (!batches.ask(users, stop)) break;
  const auto& tally = batches.end();
  if (const auto taken = lines.taken_away().text(); !taken.empty())
    context.note("standard input: taken away: " + taken);
  lines.require_end(tally.users);
  if (signals.exit_code() != Exit::ok)
    return batches.interrupted(signals.exit_code(), "the rest was");
  return lines.bad_lines() > 0 && tally.exit() == Exit::ok ? Exit::usage : tally.exit();
}

Exit apply(const Options& options, const Context& context) {
  if (options.user.empty() == options.users_from.empty())
    throw UsageError("couponctl apply",
                     fmt::format("exactly one of {} and {} must be given", context.called("user"),
                                 context.called("users-from")),
                     "For example: couponctl apply --user 42");
  if (!options.users_column.empty() && options.users_from.empty())
    throw UsageError("couponctl apply",
                     fmt::format("{} is a column of {}", context.called("users-column"),
                                 context.called("users-from")),
                     "Name a CSV file: --users-from users.csv");
  if (!options.user.empty()) return apply_one(options, context);
  return options.users_from == "-" ? apply_stdin(options, context) : apply_file(options, context);
}

}  // namespace

void add_apply(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.command("apply", "Ask for a coupon for one user or many")
      .example("couponctl apply --user 42", "exit 0 won, 10 holds one already, 11 sold out")
      .example("couponctl apply --users-from users.txt --output json", "one object a line")
      .example("couponctl apply --users-from users.csv --users-column user_id", "a CSV file")
      .example("seq 1 1000 | couponctl apply --users-from -", "from another program")
      .text("user", options->user, "The `USER`'s number, 0..9223372036854775807", check_user)
      .text("users-from", options->users_from,
            "A `FILE` with a user on each line, or - for standard input")
      .text("users-column", options->users_column,
            "The file is CSV with a header, and its column `NAME` holds the users")
      .choice("ack", options->ack, {"redis", "kafka", "ledger"},
              "`WHO` must have the place before the answer: Redis, Kafka, or a row in the ledger")
      .duration("timeout", options->timeout, std::chrono::milliseconds(1), std::chrono::hours(1),
                "How long to wait for that; what comes later is not lost")
      .flag("allow-unsafe", options->allow_unsafe,
            "Only warn of a Redis that may forget who was admitted")
      .run([options](const Context& context) { return apply(*options, context); });
}

}  // namespace couponctl::cmd
