#include "race/storm_task.h"

#include <nlohmann/json.hpp>

namespace couponctl::race {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

Json json_of(const servers::Servers& servers) {
  const auto& [redis, kafka, mysql] = servers;
  return {
      {"redis",
       {redis.host, redis.port, redis.unix_path, redis.database, redis.user, redis.password}},
      {"kafka", {kafka.brokers, kafka.properties}},
      {"mysql",
       {mysql.host, mysql.port, mysql.unix_socket, mysql.user, mysql.password, mysql.database}}};
}

servers::Servers servers_of(const Json& json) {
  const auto& redis = json.at("redis");
  const auto& kafka = json.at("kafka");
  const auto& mysql = json.at("mysql");
  return {.redis = {.host = redis.at(0),
                    .port = redis.at(1),
                    .unix_path = redis.at(2),
                    .database = redis.at(3),
                    .user = redis.at(4),
                    .password = redis.at(5)},
          .kafka = kafka::Cluster(kafka.at(0), kafka.at(1).get<kafka::Settings>()),
          .mysql = {.host = mysql.at(0),
                    .port = mysql.at(1),
                    .unix_socket = mysql.at(2),
                    .user = mysql.at(3),
                    .password = mysql.at(4),
                    .database = mysql.at(5)}};
}

Json json_of(const strategies::Scratch& scratch) {
  return {{"name", scratch.name},
          {"servers", json_of(scratch.servers)},
          {"limit", scratch.limit},
          {"workers", scratch.workers},
          {"count_key", scratch.count_key},
          {"lease_ms", scratch.lease.count()},
          {"grace_ms", scratch.grace.count()},
          {"send_within_ms", scratch.send_within.count()},
          {"run", scratch.run}};
}

strategies::Scratch scratch_of(const Json& json) {
  return {.name = json.at("name"),
          .servers = servers_of(json.at("servers")),
          .limit = json.at("limit"),
          .workers = json.at("workers"),
          .count_key = json.at("count_key"),
          .lease = milliseconds(json.at("lease_ms")),
          .grace = milliseconds(json.at("grace_ms")),
          .send_within = milliseconds(json.at("send_within_ms")),
          .run = json.at("run")};
}

Json json_of(const load::Plan& plan) {
  return {{"threads", plan.threads},
          {"requests", plan.requests},
          {"per_second", plan.per_second},
          {"users", {plan.users.kind, plan.users.count}},
          {"seed", plan.seed},
          {"history_kept", plan.history_kept}};
}

load::Plan plan_of(const Json& json) {
  return {.threads = json.at("threads"),
          .requests = json.at("requests"),
          .per_second = json.at("per_second"),
          .users = {.kind = json.at("users").at(0), .count = json.at("users").at(1)},
          .seed = json.at("seed"),
          .history_kept = json.at("history_kept")};
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string written(const StormTask& task) {
  return line_of({{"strategy", task.strategy},
                  {"scratch", json_of(task.scratch)},
                  {"load", json_of(task.load)},
                  {"first_worker", task.first_worker}});
}

StormTask read_task(std::string_view line) {
  const auto json = Json::parse(line);
  return {.strategy = json.at("strategy"),
          .scratch = scratch_of(json.at("scratch")),
          .load = plan_of(json.at("load")),
          .first_worker = json.at("first_worker")};
}

std::string written(const StormReport& report) {
  const auto& part = report.part;
  return line_of({{"answered", part.answered},
                  {"failed", part.failed},
                  {"first_error", part.first_error},
                  {"broken", part.broken},
                  {"finished_at", part.finished_at.time_since_epoch().count()},
                  {"no_caller", report.no_caller},
                  {"unfinished", report.unfinished}});
}

StormReport read_report(std::string_view line) {
  const auto json = Json::parse(line);
  return {.part = {.answered = json.at("answered"),
                   .failed = json.at("failed"),
                   .first_error = json.at("first_error"),
                   .broken = json.at("broken"),
                   .finished_at = load::Clock::time_point(
                       load::Clock::duration(json.at("finished_at").get<load::Clock::rep>()))},
          .no_caller = json.at("no_caller"),
          .unfinished = json.at("unfinished")};
}

}  // namespace couponctl::race
