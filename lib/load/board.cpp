#include "load/board.h"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <limits>
#include <new>

#include "core/failure.h"

namespace couponctl::load {
namespace {

// Whoever waits looks up so often, should the one who was to wake it have been killed.
constexpr timespec looks_up_after{.tv_sec = 0, .tv_nsec = 50'000'000};

core::Failure cannot(const char* what) {
  return {core::Exit::runtime,
          fmt::format("cannot {} memory for several processes: {}", what, std::strerror(errno))};
}

// The words of std::atomic wait only for threads of one process.
void wait_for_change(std::atomic<std::uint32_t>& word, std::uint32_t seen) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, &looks_up_after, nullptr, 0);
}

void wake_all(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace

struct Board::State {
  std::atomic<std::int64_t> next = 0;
  std::atomic<std::int64_t> held_from = std::numeric_limits<std::int64_t>::max();
  std::atomic<Clock::rep> opened_at = 0;  // 0: it is closed
  std::atomic<std::int32_t> arrived = 0;
  std::atomic<std::uint32_t> changes = 0;  // of all but `next` and `arrived`
  std::atomic<bool> over = false;

  static_assert(std::atomic<std::int64_t>::is_always_lock_free);
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
};

Board::Board() : shared_(::memfd_create("couponctl-board", MFD_CLOEXEC)) {
  if (!shared_ || ::ftruncate(shared_.get(), sizeof(State)) != 0) throw cannot("make");
  map();
  new (state_) State;
}

Board::Board(process::FileDescriptor shared) : shared_(std::move(shared)) { map(); }

Board::~Board() { ::munmap(state_, sizeof(State)); }

void Board::map() {
  void* const memory =
      ::mmap(nullptr, sizeof(State), PROT_READ | PROT_WRITE, MAP_SHARED, shared_.get(), 0);
  if (memory == MAP_FAILED) throw cannot("map");
  state_ = static_cast<State*>(memory);
}

std::int64_t Board::draw() { return state_->next.fetch_add(1, std::memory_order_relaxed); }

std::int64_t Board::drawn() const { return state_->next.load(std::memory_order_relaxed); }

void Board::hold_from(std::int64_t number) {
  state_->held_from = number;
  tell_all();
}

bool Board::await_leave(std::int64_t number) {
  return await([&] { return number < state_->held_from.load(std::memory_order_relaxed); });
}

void Board::arrive() { ++state_->arrived; }

int Board::arrived() const { return state_->arrived; }

void Board::open() {
  state_->opened_at = Clock::now().time_since_epoch().count();
  tell_all();
}

std::optional<Clock::time_point> Board::opened_at() const {
  const auto at = state_->opened_at.load(std::memory_order_relaxed);
  return at == 0 ? std::nullopt : std::optional(Clock::time_point(Clock::duration(at)));
}

bool Board::await_gate() {
  return await([&] { return opened_at().has_value(); });
}

void Board::end() {
  state_->over = true;
  tell_all();
}

bool Board::is_over() const { return state_->over.load(std::memory_order_relaxed); }

void Board::tell_all() {
  ++state_->changes;
  wake_all(state_->changes);
}

template <class Condition>
bool Board::await(const Condition& condition) {
  while (!is_over()) {
    if (condition()) return true;
    const auto seen = state_->changes.load();
    if (is_over() || condition()) continue;
    wait_for_change(state_->changes, seen);
  }
  return false;
}

}  // namespace couponctl::load
