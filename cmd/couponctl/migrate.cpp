// `couponctl migrate`: makes the database's tables and proves that they refuse what they must.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "admin/migrate.h"
#include "cli/output.h"
#include "couponctl/commands.h"
#include "servers/topic.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using cli::Globals;
using core::Exit;

constexpr std::chrono::seconds broker_timeout{2};

// What stands between a migrated database and the first coupon, or "".
std::string topic_advice(const Globals& globals) {
  const auto cluster = globals.servers().kafka;
  if (!servers::lacks_topic(cluster, globals.topic, broker_timeout)) return "";
  const auto missing = servers::no_topic(cluster, globals.topic);
  return fmt::format("{} yet. {}.\n", missing.what(), missing.hint());
}

Exit run(bool allow_unsafe, const Context& context) {
  const auto migrated = admin::migrate(context.globals.servers().mysql, allow_unsafe,
                                       [&](const std::string& what) { context.warn(what); });
  report::Table table({{"MIGRATION"}, {"STATE"}});
  auto json = nlohmann::ordered_json::array();
  for (const auto& migration : ledger::migrations()) {
    const std::string name(migration.name);
    const bool now = std::ranges::find(migrated.applied, name) != migrated.applied.end();
    table.add({name, now ? "applied" : "was there"});
    if (now) json.push_back(name);
  }
  if (migrated.enforces_cap)
    context.note(
        "Tried and refused by the database: a row past the quota, a slot twice, a second coupon "
        "for a user.");
  else
    context.warn(
        "this server lets a row past the quota through; nothing but couponctl holds the limit");
  print(context, table, {{"applied", json}, {"enforces_cap", migrated.enforces_cap}});
  if (const auto advice = topic_advice(context.globals); !advice.empty()) context.note(advice);
  return Exit::ok;
}

}  // namespace

void add_migrate(CommandLine& line) {
  auto allow_unsafe = std::make_shared<bool>(false);
  line.command("migrate", "Make the database's tables, or bring them up to date")
      .example("couponctl migrate", "once for each database, and after an update of couponctl")
      .flag("allow-unsafe", *allow_unsafe,
            "Only warn of a server that can lose a commit or does not hold the limit")
      .run([allow_unsafe](const Context& context) { return run(*allow_unsafe, context); });
}

}  // namespace couponctl::cmd
