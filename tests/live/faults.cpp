#include "live/faults.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace couponctl::live {

using test::Child;

std::vector<std::string> Faults::faulty(const std::string& point,
                                        std::vector<std::string> words) const {
  words.insert(words.begin(), {"env", "COUPONCTL_KILLPOINT=" + point, COUPONCTL_FAULTY});
  return command_line(std::move(words));
}

std::vector<std::string> Faults::faulty_consume(const std::string& point,
                                                std::vector<std::string> more) const {
  more.insert(more.begin(), {"consume", "--group", topic + "_" + point.substr(0, point.find(':'))});
  return faulty(point, std::move(more));
}

void Faults::kill_at(const std::vector<std::string>& faulty_line, const std::string& input) const {
  Child child(faulty_line, input);
  ASSERT_EQ(child.wait(), 128 + SIGKILL) << "it never came there: " << child.err();
}

std::vector<std::string> Faults::apply_words(std::vector<std::string> words) {
  words.insert(words.begin(), {"apply", "--campaign", "summer"});
  return words;
}

test::Finished Faults::apply(std::vector<std::string> words, const std::string& input) const {
  return test::couponctl(command_line(apply_words(std::move(words))), input);
}

test::Finished Faults::drain_anew(std::vector<std::string> more) {
  more.insert(more.begin(), {"consume", "--until-drained", "--group", topic + "_anew"});
  return run(std::move(more));
}

void Faults::drain_all(std::vector<std::string> more) {
  const auto [code, out, err] = drain_anew(std::move(more));
  ASSERT_EQ(code, 0) << err;
}

std::int64_t Faults::outbox(const std::string& campaign) {
  return redis::integer(redis().command({"XLEN", issuance::CampaignKeys(campaign).outbox}))
      .
      operator*();
}

std::int64_t Faults::admitted(const std::string& campaign) {
  return redis::integer(redis().command({"HLEN", issuance::CampaignKeys(campaign).users}))
      .
      operator*();
}

bool Faults::has_stopped(const Child& child) {
  return test::eventually([&] {
    std::ifstream file(fmt::format("/proc/{}/stat", child.pid()));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto name_end = text.rfind(')');
    return name_end != std::string::npos && text.substr(name_end + 2, 1) == "T";
  });
}

}  // namespace couponctl::live
