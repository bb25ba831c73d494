// `couponctl status`: how every campaign stands, and how far the consumers are behind.
#include "admin/status.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "admin/history.h"
#include "cli/output.h"
#include "couponctl/commands.h"
#include "ledger/schema.h"
#include "servers/connect.h"
#include "servers/exit.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using cli::Source;
using core::Exit;
using core::Failure;
using Number = std::optional<std::int64_t>;  // nothing: the server that knows it did not tell

// One line of the table.
struct Line {
  std::string campaign;
  std::string state = "?";
  Number epoch, quota, admitted, left, issued, outbox, failed_new, failed_rejected;
};

// What could be learnt, and why not the rest.
struct Report {
  std::vector<Line> lines;
  Number lag;
  std::vector<std::string> problems;
  Exit exit = Exit::ok;

  void problem(const std::string& text, Exit how) {
    if (std::ranges::find(problems, text) == problems.end()) problems.push_back(text);
    if (exit != Exit::unreachable) exit = how;
  }
  // The value; an error becomes a problem.
  template <class T>
  std::optional<T> take(core::Result<T> result) {
    if (result) return *std::move(result);
    problem(servers::wording(result.error()), servers::exit_of(result.error()));
    return std::nullopt;
  }
};

// Of a server that cannot be reached the others are still worth a look.
template <class T, class Address>
std::optional<T> reached(Report& report, T (*connect)(const Address&), const Address& address) {
  try {
    return connect(address);
  } catch (const Failure& failure) {
    if (failure.exit() != Exit::unreachable) throw;
    report.problem(fmt::format("{}. {}", failure.what(), failure.hint()), failure.exit());
    return std::nullopt;
  }
}

void add_redis(Line& line, const admin::Standing& standing) {
  line.admitted = standing.admitted;
  line.outbox = standing.outbox;
  if (!standing.meta) return;
  line.state = standing.fenced ? "fenced" : standing.meta->state;
  line.epoch = standing.meta->epoch;
  line.quota = standing.meta->quota;
}

void add_database(Line& line, const ledger::Campaign& campaign, const ledger::Counts& counts) {
  line.state = ledger::name(campaign.state);
  line.epoch = campaign.epoch;
  line.quota = campaign.quota;
  line.issued = counts.coupons;
  line.failed_new = counts.failed_new;
  line.failed_rejected = counts.failed_rejected;
}

Line look(Report& report, const std::string& name, const std::optional<ledger::Campaign>& campaign,
          std::optional<redis::Client>& redis, std::optional<mysql::Connection>& database) {
  Line line;
  line.campaign = name;
  std::optional<admin::Standing> standing;
  std::optional<ledger::Counts> counts;
  if (redis) standing = report.take(admin::standing(*redis, name));
  if (campaign && database) counts = report.take(ledger::count(*database, *campaign));
  if (standing) add_redis(line, *standing);
  if (counts) add_database(line, *campaign, *counts);
  if (standing && counts) line.state = admin::state(*campaign, *standing);
  if (line.quota && line.admitted)
    line.left = std::max<std::int64_t>(0, *line.quota - *line.admitted);
  return line;
}

// Of one that was named: what the database does not know is an error.
std::optional<ledger::Campaign> find_campaign(mysql::Connection& database,
                                              std::optional<redis::Client>& redis,
                                              const std::string& name) {
  if (redis) return admin::known_campaign({database, *redis}, name);
  if (auto row = servers::or_end(ledger::find_campaign(database, name))) return row;
  throw admin::no_such_campaign(name);
}

// A database without campaigns may be the wrong one, or an empty one.
void look_for_unknown(Report& report, const std::string& name, redis::Client& redis) {
  const auto meta = report.take(admin::read_meta(redis, name));
  if (!meta || !*meta) return;
  const auto behind = admin::database_is_behind(redis, name, **meta, std::nullopt);
  report.problem(fmt::format("{}. {}", behind.what(), behind.hint()), behind.exit());
}

Report look(const Context& context) {
  Report report;
  const auto& globals = context.globals;
  const auto servers = globals.servers();
  const bool only_one = context.origin("campaign").source != Source::initial;
  auto redis = reached(report, servers::connect, servers.redis);
  auto database = reached(report, ledger::open, servers.mysql);
  if (!database || only_one) {
    const auto campaign =
        database ? find_campaign(*database, redis, globals.campaign) : std::nullopt;
    report.lines.push_back(look(report, globals.campaign, campaign, redis, database));
  } else {
    for (const auto& campaign : servers::or_end(ledger::list_campaigns(*database)))
      report.lines.push_back(look(report, campaign.name, campaign, redis, database));
    if (report.lines.empty() && redis) look_for_unknown(report, globals.campaign, *redis);
  }
  if (database) report.lag = report.take(admin::lag(*database, {servers.kafka, globals.topic}));
  return report;
}

std::string shown(const Number& number) { return number ? std::to_string(*number) : "?"; }

nlohmann::ordered_json json_of(const Number& number) {
  return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json();
}

report::Table table_of(const Report& report) {
  constexpr auto right = report::Align::right;
  report::Table table({{"CAMPAIGN"},
                       {"STATE"},
                       {"EPOCH", right},
                       {"QUOTA", right},
                       {"ADMITTED", right},
                       {"LEFT", right},
                       {"ISSUED", right},
                       {"OUTBOX", right},
                       {"TOPIC LAG", right, "lag"},
                       {"FAILED", right, "failed_new"},
                       {"REJECTED", right, "failed_rejected"}});
  for (const auto& line : report.lines)
    table.add({line.campaign, line.state, shown(line.epoch), shown(line.quota),
               shown(line.admitted), shown(line.left), shown(line.issued), shown(line.outbox),
               shown(report.lag), shown(line.failed_new), shown(line.failed_rejected)});
  return table;
}

nlohmann::ordered_json json_of(const Report& report, const std::string& topic) {
  auto campaigns = nlohmann::ordered_json::array();
  for (const auto& line : report.lines)
    campaigns.push_back({{"campaign", line.campaign},
                         {"state", line.state},
                         {"epoch", json_of(line.epoch)},
                         {"quota", json_of(line.quota)},
                         {"admitted", json_of(line.admitted)},
                         {"left", json_of(line.left)},
                         {"issued", json_of(line.issued)},
                         {"outbox", json_of(line.outbox)},
                         {"failed_new", json_of(line.failed_new)},
                         {"failed_rejected", json_of(line.failed_rejected)}});
  return {{"campaigns", campaigns},
          {"topic", topic},
          {"lag", json_of(report.lag)},
          {"problems", report.problems}};
}

Exit status(const Context& context) {
  const auto report = look(context);
  print(context, table_of(report), json_of(report, context.globals.topic));
  if (context.globals.output == "json") return report.exit;
  for (const auto& problem : report.problems) context.complain(report.exit, problem);
  if (report.lines.empty() && report.problems.empty())
    context.note("No campaign yet. Open one with \"couponctl campaign open\".");
  return report.exit;
}

}  // namespace

void add_status(CommandLine& line) {
  line.command("status", "Show how every campaign stands, and what is under way")
      .example("couponctl status", "all campaigns")
      .example("couponctl status --campaign summer --output json", "one, for a program")
      .run([](const Context& context) { return status(context); });
}

}  // namespace couponctl::cmd
