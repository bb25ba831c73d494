#include "report/explanation.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/command_text.h"
#include "report/units.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using race::Explanation;

std::string microseconds(std::int64_t ns) { return grouped(ns / 1000); }

std::string sentence(const std::string& design, const Explanation& explanation) {
  const auto where = fmt::format("{}, run {}: ", design, explanation.run);
  const std::string cut =
      explanation.cut ? " Only the first commands of each thread were kept." : "";
  if (explanation.requests == 0)
    return where + "no two granted requests read the same answer." + cut;
  const auto rest = explanation.requests - explanation.requests_told;
  return fmt::format("{}{} granted requests read the same answer, {} → {}.{}{}", where,
                     grouped(explanation.requests), printable(shortened(explanation.read)),
                     printable(shortened(explanation.answer)),
                     rest > 0 ? fmt::format(" Here are the first {}, {} more did.",
                                            explanation.requests_told, grouped(rest))
                              : "",
                     cut);
}

}  // namespace

std::string explanation_text(const std::string& design, const Explanation& explanation,
                             Format format, const Look& look) {
  auto text = sentence(design, explanation) + "\n";
  if (explanation.commands.empty()) return text;
  constexpr auto right = Align::right;
  Table table({{"SENT µs", right},
               {"ANSWERED µs", right},
               {"THREAD", right},
               {"USER", right},
               {"COMMAND"},
               {"ANSWER"}});
  for (const auto& command : explanation.commands) {
    const auto& heard = command.heard;
    table.add({microseconds(heard.sent_ns),
               heard.answered_ns ? microseconds(*heard.answered_ns) : "-",
               std::to_string(command.worker), std::to_string(core::number(command.user)),
               printable(shortened(heard.text)), printable(shortened(heard.answer))});
  }
  return text + "\n" + table.render(format, look);
}

Json explanation_json(const Explanation& explanation) {
  auto commands = Json::array();
  for (const auto& command : explanation.commands) {
    const auto& heard = command.heard;
    commands.push_back({{"thread", command.worker},
                        {"user", core::number(command.user)},
                        {"sent_ns", heard.sent_ns},
                        {"answered_ns", heard.answered_ns ? Json(*heard.answered_ns) : Json()},
                        {"server", server_name(heard.server)},
                        {"command", printable(heard.text)},
                        {"answer", printable(heard.answer)}});
  }
  return {{"run", explanation.run},
          {"flawed", explanation.flawed},
          {"cut", explanation.cut},
          {"requests", explanation.requests},
          {"requests_told", explanation.requests_told},
          {"read", explanation.requests > 0 ? Json(printable(explanation.read)) : Json()},
          {"answer", explanation.requests > 0 ? Json(printable(explanation.answer)) : Json()},
          {"commands", commands}};
}

}  // namespace couponctl::report
