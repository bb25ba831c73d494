#include "servers/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "core/parse.h"

namespace couponctl::servers {
namespace {

using core::Error;
using core::Fault;
using core::HostPort;
using core::Result;

constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t kafka_port = 9092;
constexpr std::uint16_t mysql_port = 3306;
constexpr std::size_t unix_path_max = 107;  // unix(7): sun_path, less the final NUL
constexpr std::size_t name_max = 64;

Error invalid(std::string text) { return {Fault::invalid, {}, std::move(text)}; }

// Cuts `[user@]` off the front of `rest`.
Result<std::string> take_user(std::string_view& rest, std::string_view server) {
  const auto at = rest.rfind('@');
  if (at == std::string_view::npos) return std::string();
  const auto user = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  if (user.find(':') != std::string_view::npos)  // not quoted: it would show the password
    return invalid(
        fmt::format("must not hold a password: leave out what is between the : and the @, write it "
                    "to a file and set --{0}-password-file, or set COUPONCTL_{1}_PASSWORD",
                    server, server == "redis" ? "REDIS" : "MYSQL"));
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (user.empty() || user.size() > name_max || std::ranges::any_of(user, odd))
    return invalid(fmt::format("must have a user of 1..{} characters before the @ (got {})",
                               name_max, core::quote(user)));
  return std::string(user);
}

// Cuts one of the schemes off the front of `text`; another one is an error.
Result<void> take_scheme(std::string_view& text, std::initializer_list<std::string_view> schemes) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos) return {};
  // Behind a user's colon it may stand in a password, which is refused elsewhere and never shown.
  const bool has_colon = text.substr(0, mark).find(':') != std::string_view::npos;
  if (has_colon && text.find('@') != std::string_view::npos) return {};
  if (std::ranges::find(schemes, text.substr(0, mark)) == schemes.end())
    return invalid(fmt::format("must begin with {}:// or without a scheme (got {})",
                               fmt::join(schemes, ":// or "),
                               core::quote(text.substr(0, mark + 3))));
  text.remove_prefix(mark + 3);
  return {};
}

Result<std::string> unix_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() > unix_path_max)
    return invalid(
        fmt::format("must be unix: and an absolute path of at most {} characters (got {})",
                    unix_path_max, core::quote(path)));
  return std::string(path);
}

Result<std::string> database_name(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  if (text.empty() || text.size() > name_max || !std::ranges::all_of(text, plain))
    return invalid(fmt::format("must name a database with 1..{} letters, digits, _ or - (got {})",
                               name_max, core::quote(text)));
  return std::string(text);
}

// Splits `[unix:/path|host[:port]][mark database]`: where to connect to, and the rest.
struct Place {
  HostPort host;
  std::string unix_path;
  std::optional<std::string_view> database;
};

Result<Place> parse_place(std::string_view text, std::uint16_t default_port) {
  constexpr std::string_view unix_scheme = "unix:";
  Place place;
  const bool is_unix = text.starts_with(unix_scheme);
  if (is_unix) text.remove_prefix(unix_scheme.size());
  if (const auto mark = text.find(is_unix ? ':' : '/'); mark != std::string_view::npos) {
    place.database = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  if (is_unix) {
    auto path = unix_path(text);
    if (!path) return path.error();
    place.unix_path = *std::move(path);
    return place;
  }
  auto host = core::parse_host_port(text, default_port);
  if (!host) return host.error();
  place.host = *std::move(host);
  return place;
}

}  // namespace

Result<redis::Address> parse_redis(std::string_view text) {
  if (text.starts_with("rediss://"))
    return invalid(
        "asks for TLS, and there is no TLS in this build: use a unix socket, or a tunnel "
        "such as stunnel or WireGuard, and redis://");
  if (auto taken = take_scheme(text, {"redis"}); !taken) return taken.error();
  auto user = take_user(text, "redis");
  if (!user) return user.error();
  auto place = parse_place(text, redis_port);
  if (!place) return place.error();
  const auto database = core::parse_integer(place->database.value_or("0"), 0, 15);
  if (!database) return invalid("database " + database.error().text);
  return redis::Address{.host = place->host.host,
                        .port = place->host.port,
                        .unix_path = place->unix_path,
                        .database = static_cast<int>(*database),
                        .user = *user};
}

Result<mysql::Address> parse_mysql(std::string_view text) {
  if (auto taken = take_scheme(text, {"mysql", "mariadb"}); !taken) return taken.error();
  auto user = take_user(text, "mysql");
  if (!user) return user.error();
  auto place = parse_place(text, mysql_port);
  if (!place) return place.error();
  auto database = database_name(place->database.value_or("coupon_example"));
  if (!database) return database.error();
  return mysql::Address{.host = place->host.host,
                        .port = place->host.port,
                        .unix_socket = place->unix_path,
                        .user = user->empty() ? "root" : *user,
                        .database = *database};
}

Result<kafka::Cluster> parse_kafka(std::string_view text) {
  std::string brokers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    auto place = text.substr(begin, end - begin);
    if (auto taken = take_scheme(place, {"kafka", "PLAINTEXT"}); !taken) return taken.error();
    const auto broker = core::parse_host_port(place, kafka_port);
    if (!broker) return broker.error();
    brokers += (brokers.empty() ? "" : ",") + broker->text();
    begin = end + 1;
  }
  return kafka::Cluster(brokers);
}

}  // namespace couponctl::servers
