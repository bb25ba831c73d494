// Where is one server in its life: preparing, starting, ready, stopping or down?
#include "stack/server_process.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cassert>
#include <cctype>

#include "process/read.h"
#include "stack/files.h"

namespace couponctl::stack {
namespace {

constexpr std::chrono::seconds stop_within{10};
constexpr int ports_tried_max = 5;

bool tells_address_in_use(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text.find("address already in use") != std::string::npos;
}

}  // namespace

void ServerProcess::start() {
  assert(phase_ == Phase::down || phase_ == Phase::failed);
  std::filesystem::create_directories(recipe_.directory);
  started_ = Clock::now();
  deadline_ = started_ + recipe_.ready_within;
  ports_tried_ = 1;
  error_.clear();
  if (!ports_settled_) ports_ = free_ports();
  prepare();
}

void ServerProcess::prepare() {
  const auto words = recipe_.prepare(ports_);
  if (words.empty()) return serve();
  spawn(words, Phase::preparing);
}

void ServerProcess::serve() { spawn(recipe_.serve(ports_), Phase::starting); }

void ServerProcess::spawn(const process::Words& words, Phase phase) {
  std::error_code error;
  const auto size = std::filesystem::file_size(log(), error);
  log_offset_ = error ? 0 : size;
  child_ = process::Child::spawn(
      {.words = words, .directory = recipe_.directory, .output = log(), .error = log()});
  phase_ = phase;
}

void ServerProcess::terminate() {
  child_.signal(SIGTERM);
  child_.signal(SIGCONT);  // a paused one could not end
  deadline_ = Clock::now() + stop_within;
  phase_ = Phase::stopping;
}

void ServerProcess::kill() {
  child_.kill();
  phase_ = Phase::down;
}

bool ServerProcess::pause() { return child_.pause(); }

bool ServerProcess::resume() {
  child_.signal(SIGCONT);
  return child_.running();
}

ServerProcess::Phase ServerProcess::advance() {
  if (phase_ == Phase::preparing) await_prepared();
  if (phase_ == Phase::starting) await_ready();
  if (phase_ == Phase::stopping) await_ended();
  if (phase_ == Phase::ready && !child_.running()) note_end();
  return phase_;
}

bool ServerProcess::settled() const {
  return phase_ == Phase::down || phase_ == Phase::ready || phase_ == Phase::failed;
}

bool ServerProcess::answers() const {
  return phase_ == Phase::ready && recipe_.version(address()).has_value();
}

void ServerProcess::await_prepared() {
  if (child_.running()) {
    if (Clock::now() > deadline_) fail("its data directory was not made in time");
  } else if (child_.succeeded()) {
    serve();
  } else {
    fail(fmt::format("its data directory could not be made ({})", child_.ending()));
  }
}

void ServerProcess::await_ready() {
  const bool may_move = !ports_settled_ && ports_tried_ < ports_tried_max;
  if (!child_.running()) {
    const auto told = process::read_file(log(), static_cast<std::ptrdiff_t>(log_offset_));
    if (may_move && told && tells_address_in_use(*told)) return start_elsewhere();
    return fail(fmt::format("ended while it started ({})", child_.ending()));
  }
  const auto version = recipe_.version(address());
  const auto listening =
      version ? listens(child_.pid(), ports_.service) : core::Result<bool>(false);
  if (!listening) return fail("cannot tell whose port it is: " + listening.error().text);
  if (*listening) {
    version_ = *version;
    took_ = Clock::now() - started_;
    ports_settled_ = true;
    phase_ = Phase::ready;
  } else if (version && may_move) {
    start_elsewhere();
  } else if (Clock::now() > deadline_) {
    fail(fmt::format("does not answer on {} after {} s", address().text(),
                     recipe_.ready_within.count()));
  }
}

void ServerProcess::await_ended() {
  if (child_.running() && Clock::now() > deadline_) child_.kill();
  if (!child_.running()) phase_ = Phase::down;
}

void ServerProcess::note_end() {
  error_ = fmt::format("{}: ended by itself ({}):\n  {}", recipe_.label, child_.ending(),
                       log_tail(log(), log_offset_));
  phase_ = Phase::down;
}

// Someone else took the port between the choice and the bind.
void ServerProcess::start_elsewhere() {
  child_.kill();
  ++ports_tried_;
  ports_ = free_ports();
  serve();
}

void ServerProcess::fail(const std::string& why) {
  child_.kill();
  error_ = fmt::format("{}: {}:\n  {}", recipe_.label, why, log_tail(log(), log_offset_));
  phase_ = Phase::failed;
}

std::string ServerProcess::ready_line() const {
  return fmt::format("{} {} is ready on {} ({:.1f} s)", recipe_.label, version_, address().text(),
                     took_.count());
}

}  // namespace couponctl::stack
