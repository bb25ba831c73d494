// Names what main.cpp puts into the table of contents: one function for each command's file.
#pragma once

#include "couponctl/command_line.h"

namespace couponctl::cmd {

void add_apply(CommandLine& line);
void add_audit(CommandLine& line);
void add_bench(CommandLine& line);
void add_campaign(CommandLine& line);
void add_completion(CommandLine& line);
void add_config(CommandLine& line);
void add_consume(CommandLine& line);
void add_migrate(CommandLine& line);
void add_recover(CommandLine& line);
void add_replay_failed(CommandLine& line);
void add_reset_redis(CommandLine& line);
void add_stack(CommandLine& line);
void add_status(CommandLine& line);

}  // namespace couponctl::cmd
