// The settings that every command shares: where the servers are, how to print, which campaign.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/environment.h"
#include "cli/layers.h"
#include "core/result.h"
#include "servers/servers.h"

namespace couponctl::cli {

struct Globals {
  std::string config;
  std::string output = "table";  // json, csv, markdown
  bool quiet = false;
  std::string color = "auto";  // always, never
  std::string log_level = "info";
  std::string campaign = "default";
  std::string redis = "127.0.0.1:6379";
  std::string kafka = "127.0.0.1:9092";
  std::vector<std::string> kafka_properties;  // name=value
  std::string mysql = "root@127.0.0.1:3306/coupon_example";
  std::string topic = "coupon_create";
  std::string group = "group_1";
  std::string redis_password;  // "" if there is none
  std::string kafka_password;  // of SASL
  std::string mysql_password;
  std::string redis_password_file;
  std::string kafka_password_file;
  std::string mysql_password_file;

  // Valid once the command line is read: the texts were checked then.
  servers::Servers servers() const;
};

void add_globals(Command& root, Globals& globals);

// Fills in the passwords that stand in files: --redis-password-file, or redis-password in
// $CREDENTIALS_DIRECTORY. A password and a password file: the one set in the stronger place counts,
// in the same place the file. Throws UsageError; warns if others can read a password file.
void read_password_files(Command& root, const Environment& environment, const Warn& warn);

}  // namespace couponctl::cli
