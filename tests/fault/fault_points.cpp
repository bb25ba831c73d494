// How are the kill points and planted bugs of the test build switched on? By the environment.
#include "core/fault_points.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fault/planted/switch.h"

namespace couponctl::core {
namespace {

// "name:n" or "name:n:stop".
struct Armed {
  std::string name;
  int passage = 1;
  int signal = SIGKILL;
};

Armed read_environment() {
  const char* const variable = std::getenv("COUPONCTL_KILLPOINT");
  if (!variable) return {};
  const std::string_view text(variable);
  const auto first = text.find(':');
  Armed armed{.name = std::string(text.substr(0, first))};
  if (first == std::string_view::npos) return armed;
  const auto rest = text.substr(first + 1);
  std::from_chars(rest.data(), rest.data() + rest.size(), armed.passage);
  if (rest.ends_with(":stop")) armed.signal = SIGSTOP;
  return armed;
}

}  // namespace

void kill_point(const char* name) {
  static const Armed armed = read_environment();
  static std::atomic<int> passages = 0;
  if (armed.name == name && ++passages == armed.passage) std::raise(armed.signal);
}

}  // namespace couponctl::core

bool couponctl::fault::planted(const char* bug) {
  static const char* const variable = std::getenv("COUPONCTL_PLANTED");
  return variable && std::string_view(variable) == bug;
}
