#include "report/command_text.h"

namespace couponctl::report {
namespace {

constexpr std::size_t command_width_max = 60;

}  // namespace

std::string server_name(core::Server server) {
  switch (server) {
    case core::Server::redis:
      return "redis";
    case core::Server::kafka:
      return "kafka";
    case core::Server::mysql:
      return "mysql";
    case core::Server::none:
      break;
  }
  return "process";
}

std::string shortened(std::string text) {
  if (text.size() <= command_width_max) return text;
  text.resize(command_width_max - 1);
  return text + "…";
}

}  // namespace couponctl::report
