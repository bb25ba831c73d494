#include "cli/output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace couponctl::cli {

report::Format format_of(const Globals& globals) {
  if (globals.output == "csv") return report::Format::csv;
  if (globals.output == "markdown") return report::Format::markdown;
  return report::Format::table;
}

void print(const Context& context, const report::Table& table, const nlohmann::ordered_json& json) {
  if (context.globals.output != "json") {
    context.print(table.render(format_of(context.globals), context.look));
    return;
  }
  nlohmann::ordered_json document{{"schema_version", 1}};
  document.update(json);
  fmt::print(context.out, "{}\n", document.dump(2));
}

}  // namespace couponctl::cli
