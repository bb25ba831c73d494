#include "cli/messages.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/printable.h"

namespace couponctl::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string json_line(const char* what, Json body) {
  return Json{{"schema_version", 1}, {what, std::move(body)}}.dump();
}

// Two sentences with one dot between them, whether or not the first ends in one.
std::string joined(std::string first, const std::string& second) {
  if (second.empty()) return first;
  if (first.ends_with('.')) first.pop_back();
  return first + (first.ends_with('?') || first.ends_with('!') ? " " : ". ") + second;
}

// The ends of lines stay.
std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    out += core::printable(text.substr(begin, end - begin));
    if (end < text.size()) out += '\n';
    begin = end + 1;
  }
  return out;
}

}  // namespace

void Messages::error(core::Exit exit, const std::string& message, const std::string& mend) const {
  const auto what = core::printable(message);
  const auto hint = core::printable(mend);
  say(manner_.json ? json_line("error", {{"code", exit}, {"message", what}, {"mend", hint}})
                   : joined(what, hint));
}

void Messages::warning(const std::string& speaker, const std::string& what) const {
  if (manner_.quiet) return;
  const auto text = core::printable(what);
  say(manner_.json ? json_line("warning", {{"message", text}}) : speaker + ": warning: " + text);
}

void Messages::note(const std::string& text) const {
  if (!manner_.quiet)
    say(printable_lines(text.ends_with('\n') ? text.substr(0, text.size() - 1) : text));
}

void Messages::ask(const std::string& question) const {
  std::fputs(shown(printable_lines(question)).c_str(), stream_);
  std::fflush(stream_);
}

std::string Messages::shown(const std::string& text) const {
  return manner_.ascii ? core::in_ascii(text) : text;
}

void Messages::say(const std::string& line) const {
  // Not fmt::print: it throws, and if stderr is gone there is nobody to tell.
  std::fputs((shown(line) + "\n").c_str(), stream_);
}

}  // namespace couponctl::cli
