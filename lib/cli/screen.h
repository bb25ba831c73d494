// What a screen can show: colours, marks that are not ASCII, and how many columns.
#pragma once

#include <cstdio>
#include <string>

#include "cli/environment.h"
#include "report/table.h"

namespace couponctl::cli {

// Whether the locale's letters are UTF-8's. As systemd has it, also where nobody has set a locale:
// a container or a cron job says nothing about the screen.
bool shows_utf8(const Environment& environment);

// How tables look on `stream`. `color` is auto, always or never; auto is as NO_COLOR
// (no-color.org), then FORCE_COLOR (force-color.org) says, else colours on a terminal. Only a
// terminal has a width: COLUMNS, or what it says itself.
report::Look look_of(std::FILE* stream, const std::string& color, const Environment& environment);

}  // namespace couponctl::cli
