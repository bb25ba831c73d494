#include "cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <optional>

#include "cli/small_file.h"
#include "cli/usage_error.h"
#include "core/campaign.h"
#include "core/parse.h"
#include "servers/parse.h"

namespace couponctl::cli {
namespace {

using core::Result;

constexpr std::size_t password_size_max = 4096;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

core::Error invalid(std::string_view rule, std::string_view text) {
  return {core::Fault::invalid, {}, fmt::format("must be {} (got {})", rule, core::quote(text))};
}

// Kafka's own rule (org.apache.kafka.common.internals.Topic).
Result<void> check_topic(std::string_view text) {
  const auto legal = [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
  };
  if (text.size() > 249 || text == "." || text == ".." || !std::ranges::all_of(text, legal))
    return invalid("1..249 of A-Z a-z 0-9 . _ -", text);
  return {};
}

Result<void> check_group(std::string_view text) {
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (text.size() > 249 || std::ranges::any_of(text, odd))
    return invalid("1..249 characters without a space", text);
  return {};
}

// A parser as a check: only whether it succeeds counts.
template <class T>
Command::Validate check(Result<T> (*parse)(std::string_view)) {
  return [parse](std::string_view text) -> Result<void> {
    if (const auto parsed = parse(text); !parsed) return parsed.error();
    return {};
  };
}

void add_secret(Command& root, const std::string& name, std::string& target, std::string help) {
  root.text(name, target, std::move(help));
  root.options().back().secret = true;
  root.options().back().on_command_line = false;  // it would stand in the process list
}

std::string read_password(const std::filesystem::path& path, const Warn& warn) {
  auto file = read_small_file(path, password_size_max);
  if (!file) throw UsageError("couponctl", fmt::format("{}: no such password file", path.string()));
  auto password = std::move(file->text);
  if (password.ends_with('\n')) password.pop_back();
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty())
    throw UsageError("couponctl", path.string() + ": the password file is empty");
  if (password.find('\0') != std::string::npos)
    throw UsageError("couponctl", path.string() + ": a NUL byte: this is no password file");
  if (file->others_can_read)
    warn(fmt::format("others can read the password in {0}. Run \"chmod 600 {0}\"", path.string()));
  return password;
}

Option& option(Command& root, std::string_view name) {
  const auto found = std::ranges::find(root.options(), name, &Option::name);
  assert(found != root.options().end());
  return *found;
}

void read_password_file(Command& root, const std::string& name, const Environment& environment,
                        const Warn& warn) {
  auto& password = option(root, name);
  const auto& file = option(root, name + "-file");
  std::filesystem::path path = file.value;
  if (path.empty() && password.origin.source == Source::initial) {
    const auto directory =
        environment.variable("CREDENTIALS_DIRECTORY");  // systemd's LoadCredential=
    if (!directory) return;
    path = std::filesystem::path(*directory) / name;
    if (!std::filesystem::exists(path)) return;
  }
  if (path.empty() || file.origin.source < password.origin.source) return;
  const auto set = password.set(read_password(path, warn), {file.origin.source, path.string()});
  assert(set);
}

}  // namespace

servers::Servers Globals::servers() const {
  servers::Servers servers{.redis = *servers::parse_redis(redis),
                           .kafka = *servers::parse_kafka(kafka),
                           .mysql = *servers::parse_mysql(mysql)};
  servers.redis.password = redis_password;
  servers.mysql.password = mysql_password;
  for (const auto& property : kafka_properties)
    servers.kafka.properties.push_back(*kafka::parse_property(property));
  if (!kafka_password.empty())
    servers.kafka.properties.emplace_back("sasl.password", kafka_password);
  return servers;
}

void add_globals(Command& root, Globals& globals) {
  root.text("config", globals.config, "The `FILE` to read instead of ./couponctl.toml");
  root.options().back().in_files = false;
  root.choice("output", globals.output, {"table", "json", "csv", "markdown"},
              "The `FORMAT` of results")
      .letter('o')
      .flag("quiet", globals.quiet, "No progress, notes and warnings on stderr: errors alone")
      .letter('q')
      .choice("color", globals.color, {"auto", "always", "never"},
              "`WHEN` to use colours; auto: on a terminal, or where FORCE_COLOR is set, unless "
              "NO_COLOR is")
      .choice("log-level", globals.log_level, {"debug", "info", "warn", "error", "off"},
              "The least `LEVEL` of messages on stderr")
      .text("campaign", globals.campaign, "The campaign's `NAME`", core::check_campaign_name)
      .text("redis", globals.redis,
            "`ADDRESS` [user@]host[:port][/database] or unix:/path[:database]",
            check(servers::parse_redis))
      .text("kafka", globals.kafka, "`BROKERS` host[:port], separated by commas",
            check(servers::parse_kafka))
      .list("kafka-property", globals.kafka_properties,
            "`NAME=VALUE` for librdkafka, such as security.protocol=ssl; may be repeated",
            check(kafka::parse_property))
      .text("mysql", globals.mysql,
            "`ADDRESS` [user@]host[:port][/database] or unix:/path[:database]",
            check(servers::parse_mysql))
      .text("topic", globals.topic, "Kafka topic `NAME`", check_topic)
      .text("group", globals.group, "Kafka consumer group `NAME`", check_group)
      .text("redis-password-file", globals.redis_password_file,
            "The `FILE` that holds Redis's password")
      .text("kafka-password-file", globals.kafka_password_file,
            "The `FILE` that holds the SASL password of Kafka")
      .text("mysql-password-file", globals.mysql_password_file,
            "The `FILE` that holds MySQL's password");
  add_secret(root, "redis-password", globals.redis_password,
             "Redis's password; a file of its own is safer");
  add_secret(root, "kafka-password", globals.kafka_password,
             "The SASL password of Kafka; a file of its own is safer");
  add_secret(root, "mysql-password", globals.mysql_password,
             "MySQL's password; a file of its own is safer");
}

void read_password_files(Command& root, const Environment& environment, const Warn& warn) {
  read_password_file(root, "redis-password", environment, warn);
  read_password_file(root, "kafka-password", environment, warn);
  read_password_file(root, "mysql-password", environment, warn);
}

}  // namespace couponctl::cli
