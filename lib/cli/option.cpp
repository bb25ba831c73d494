#include "cli/option.h"

#include <algorithm>
#include <utility>

namespace couponctl::cli {

std::string Option::key() const { return section.empty() ? name : section + "." + name; }

std::string Option::variable() const {
  std::string variable = "COUPONCTL_" + key();
  for (char& c : variable) {
    if (c == '-' || c == '.') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return variable;
}

std::string Option::called() const {
  switch (origin.source) {
    case Source::file:
      return key() + " in " + origin.where;
    case Source::environment:
      return variable();
    case Source::initial:
    case Source::flag:
      break;
  }
  return flag();
}

core::Result<void> Option::set(std::string_view text, Origin from) {
  if (auto assigned = assign(text); !assigned) return assigned;
  value = text;
  origin = std::move(from);
  return {};
}

std::string placeholder(const Option& option) {
  const auto open = option.help.find('`');
  if (open != std::string::npos) {
    const auto close = option.help.find('`', open + 1);
    return option.help.substr(open + 1, close - open - 1);
  }
  switch (option.kind) {
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

std::string plain_help(const Option& option) {
  auto help = option.help;
  std::erase(help, '`');
  return help;
}

}  // namespace couponctl::cli
