#include "fault/clients.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <utility>

namespace couponctl::fault {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Beyond its --timeout: two attempts at Redis, each with a time-out of its own, a pause or two, and
// a busy machine.
constexpr auto answer_slack = 25s;
constexpr auto look_every = 20ms;
constexpr auto paused_at_point = 300ms;
constexpr auto retry_after = 150ms;
constexpr auto singly_every = 2ms;

bool is_final(const Told& told) {
  if (told.decision == "UNAVAILABLE") return told.reason.starts_with("kept as a failed event");
  return told.decision != "IN_DOUBT";
}

}  // namespace

Applicants::Applicants(const Workspace& workspace, const Plan& plan, Acknowledged& log,
                       Tally& tally)
    : workspace_(workspace), plan_(plan), log_(log), tally_(tally) {
  for (const auto& client : plan.clients) {
    auto seat = std::make_unique<Seat>();
    seat->client = &client;
    seat->number = static_cast<int>(seats_.size());
    seat->random.seed(plan.seed + static_cast<std::uint64_t>(seat->number) + 1);
    for (int i = client.users; i > 0; --i) seat->queue.push_back(client.first_user + i - 1);
    seat->armed = client.armed;
    seats_.push_back(std::move(seat));
  }
  running_ = static_cast<int>(seats_.size());
  for (auto& seat : seats_) threads_.emplace_back([this, one = seat.get()] { run(*one); });
}

bool Applicants::signal(int client, int number) {
  auto& seat = *seats_[static_cast<std::size_t>(client) % seats_.size()];
  const std::scoped_lock lock(seat.mutex);
  if (!seat.process || !seat.process->signal(number)) return false;
  if (number == SIGKILL || number == SIGTERM) seat.killed_by_us = true;
  if (number == SIGSTOP) seat.paused_by_us = true;
  if (number == SIGCONT) seat.paused_by_us = false;
  return true;
}

void Applicants::resume_all() {
  for (const auto& seat : seats_) signal(seat->number, SIGCONT);
}

void Applicants::run(Seat& seat) {
  const auto& client = *seat.client;
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low +
           static_cast<std::int64_t>(seat.random() % static_cast<std::uint64_t>(high - low + 1));
  };
  while (!seat.queue.empty() && !give_up_) {
    const auto size = std::min<std::size_t>(
        client.one_shot ? 1 : static_cast<std::size_t>(between(1, client.chunk_max)),
        seat.queue.size());
    const std::vector users(seat.queue.end() - static_cast<std::ptrdiff_t>(size), seat.queue.end());
    seat.queue.resize(seat.queue.size() - size);
    ask(seat, users);
    const auto pace = plan_.load * static_cast<int>(size) / std::max(client.users, 1);
    std::this_thread::sleep_for(pace * between(50, 150) / 100);
  }
  finish(seat);
  --running_;
}

void Applicants::ask(Seat& seat, const std::vector<std::int64_t>& users) {
  if (!seat.process) start(seat, users);
  std::set<std::int64_t> open(users.begin(), users.end());
  for (const auto user : users) log_.asks(user);
  if (!seat.client->one_shot) write(seat, users);
  bool waits = false;
  while (!open.empty()) {
    const auto line = answer(seat);
    if (!line) break;
    const auto told = read_told(*line);
    if (!told) continue;
    log_.told(*told);
    open.erase(told->user);
    if (!again(seat, *told)) continue;
    seat.queue.insert(seat.queue.begin(), told->user);
    waits = true;
  }
  if (!open.empty() || seat.client->one_shot) finish(seat);
  if (seat.client->retries) seat.queue.insert(seat.queue.end(), open.begin(), open.end());
  if (waits) std::this_thread::sleep_for(retry_after);
}

// Half of the times one after the other, so that the process has several batches under way: the
// next one is admitted while the last one is handed over.
void Applicants::write(Seat& seat, const std::vector<std::int64_t>& users) {
  const bool singly = seat.random() % 2 == 0;
  std::string lines;
  for (const auto user : users) {
    lines += std::to_string(user) + '\n';
    if (!singly) continue;
    seat.process->write(std::exchange(lines, ""));
    std::this_thread::sleep_for(singly_every);
  }
  seat.process->write(lines);
}

void Applicants::start(Seat& seat, const std::vector<std::int64_t>& users) {
  const auto& client = *seat.client;
  std::vector<std::string> words{"apply",
                                 "--output",
                                 "json",
                                 "--ack",
                                 client.ack,
                                 "--timeout",
                                 fmt::format("{}ms", client.timeout.count())};
  if (client.one_shot)
    words.insert(words.end(), {"--user", std::to_string(users.front())});
  else
    words.insert(words.end(), {"--users-from", "-"});
  auto process = process::Child::spawn(
      workspace_.conversation(words, fmt::format("client{}.log", seat.number), seat.armed));
  const std::scoped_lock lock(seat.mutex);
  seat.process = std::move(process);
  seat.killed_by_us = seat.paused_by_us = false;
}

// The next line; nullopt: the process is at its end.
std::optional<std::string> Applicants::answer(Seat& seat) {
  const auto deadline = Clock::now() + seat.client->timeout + answer_slack;
  while (seat.process->output().open()) {
    if (const auto line = seat.process->output().next(look_every)) return std::string(line->text);
    if (wake(seat)) continue;
    if (Clock::now() < deadline) continue;
    tally_.found(Breach::hung, fmt::format("client {} gives no answer", seat.number));
    signal(seat.number, SIGKILL);
    break;
  }
  return std::nullopt;
}

// Lets it go on if it stands at its kill point.
bool Applicants::wake(Seat& seat) {
  {
    const std::scoped_lock lock(seat.mutex);
    if (!seat.armed.pauses || seat.paused_by_us || !seat.process->stopped()) return false;
  }
  tally_.happened("point " + seat.armed.point);
  std::this_thread::sleep_for(paused_at_point);
  seat.armed = {};
  signal(seat.number, SIGCONT);
  return true;
}

void Applicants::finish(Seat& seat) {
  if (!seat.process) return;
  seat.process->close_input();
  const auto deadline = Clock::now() + answer_slack;
  std::optional<int> code;
  while (!code && Clock::now() < deadline) {
    while (seat.process->output().open() && seat.process->output().next(look_every)) continue;
    wake(seat);
    const std::scoped_lock lock(seat.mutex);
    code = seat.process->wait(0ms);
  }
  const std::scoped_lock lock(seat.mutex);
  if (!code) tally_.found(Breach::hung, fmt::format("client {} does not end", seat.number));
  if (code && crashed(*code))
    tally_.found(Breach::hung, fmt::format("client {} crashed: {}", seat.number, *code));
  if (code == 128 + SIGKILL && !seat.killed_by_us && !seat.armed.point.empty()) {
    tally_.happened("point " + seat.armed.point);
    seat.armed = {};
  }
  seat.process.reset();
}

bool Applicants::again(const Seat& seat, const Told& told) const {
  return seat.client->retries && !is_final(told) && !give_up_;
}

}  // namespace couponctl::fault
