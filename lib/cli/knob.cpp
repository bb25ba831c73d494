#include "cli/knob.h"

#include <algorithm>
#include <utility>

namespace couponctl::cli {

std::string Knob::key() const { return section.empty() ? name : section + "." + name; }

std::string Knob::variable() const {
  std::string variable = "COUPONCTL_" + key();
  for (char& c : variable) {
    if (c == '-' || c == '.') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return variable;
}

core::Result<void> Knob::set(std::string_view text, Origin from) {
  if (auto assigned = assign(text); !assigned) return assigned;
  value = text;
  origin = std::move(from);
  return {};
}

std::string placeholder(const Knob& knob) {
  const auto open = knob.help.find('`');
  if (open != std::string::npos) {
    const auto close = knob.help.find('`', open + 1);
    return knob.help.substr(open + 1, close - open - 1);
  }
  switch (knob.kind) {
    case Kind::integer:
    case Kind::number:
      return "N";
    case Kind::duration:
      return "TIME";
    case Kind::choice:
      return "WHICH";
    case Kind::text:
      return "TEXT";
    case Kind::list:
      return "A,B";
    case Kind::flag:
      return "";
  }
  return "";
}

std::string plain_help(const Knob& knob) {
  auto help = knob.help;
  std::erase(help, '`');
  return help;
}

}  // namespace couponctl::cli
