// Names what main.cpp puts into the table of contents: one function for each command's file.
#pragma once

#include "cli/command_line.h"

namespace couponctl::cmd {

void add_apply(cli::CommandLine& line);
void add_audit(cli::CommandLine& line);
void add_worker(cli::CommandLine& line);
void add_bench(cli::CommandLine& line);
void add_check(cli::CommandLine& line);
void add_campaign(cli::CommandLine& line);
void add_completion(cli::CommandLine& line);
void add_config(cli::CommandLine& line);
void add_consume(cli::CommandLine& line);
void add_explore(cli::CommandLine& line);
void add_man_page(cli::CommandLine& line);
void add_migrate(cli::CommandLine& line);
void add_recover(cli::CommandLine& line);
void add_replay_failed(cli::CommandLine& line);
void add_reset_redis(cli::CommandLine& line);
void add_stack(cli::CommandLine& line);
void add_status(cli::CommandLine& line);

}  // namespace couponctl::cmd
