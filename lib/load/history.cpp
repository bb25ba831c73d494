#include "load/history.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <type_traits>

#include "core/failure.h"

namespace couponctl::load {
namespace {

static_assert(std::is_trivially_copyable_v<Call>);

constexpr std::size_t reader_calls = 8192;

core::Failure cannot(const char* what) {
  return {core::Exit::runtime,
          fmt::format("cannot {} the history of calls in {}: {}", what,
                      std::filesystem::temp_directory_path().native(), std::strerror(errno)),
          "Make room there, or set TMPDIR to a directory that has some"};
}

}  // namespace

History::History() {
  auto pattern = (std::filesystem::temp_directory_path() / "couponctl-history-XXXXXX").string();
  file_ = process::FileDescriptor(::mkostemp(pattern.data(), O_CLOEXEC));
  if (!file_ || ::unlink(pattern.c_str()) != 0) throw cannot("make");
}

void History::write(std::span<const Call> calls) {
  const auto* bytes = reinterpret_cast<const char*>(calls.data());
  auto left = static_cast<std::int64_t>(calls.size_bytes());
  for (auto at = bytes_.fetch_add(left); left > 0;) {
    const auto written = ::pwrite(file_.get(), bytes, static_cast<std::size_t>(left), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw cannot("write");
    bytes += written, at += written, left -= written;
  }
}

void History::for_each(const std::function<void(const Call&)>& see) const { read(bytes_, see); }

void History::take(const History& written) {
  struct stat file {};
  if (::fstat(written.file_.get(), &file) != 0) throw cannot("read");
  Writer writer(*this);
  // A part of a call at the end is none.
  const auto calls = file.st_size / static_cast<std::int64_t>(sizeof(Call));
  written.read(calls * static_cast<std::int64_t>(sizeof(Call)), [&](const Call& call) {
    if (call.outcome != Outcome{}) writer.append(call);
  });
  writer.flush();
}

void History::read(std::int64_t bytes, const std::function<void(const Call&)>& see) const {
  std::vector<Call> calls(reader_calls);
  const auto block = static_cast<std::int64_t>(calls.size() * sizeof(Call));
  for (std::int64_t at = 0; at < bytes;) {
    const auto wanted = std::min(block, bytes - at);
    std::int64_t got = 0;
    while (got < wanted) {
      const auto count = ::pread(file_.get(), reinterpret_cast<char*>(calls.data()) + got,
                                 static_cast<std::size_t>(wanted - got), at + got);
      if (count < 0 && errno == EINTR) continue;
      if (count == 0) errno = EIO;  // shorter than what was written
      if (count <= 0) throw cannot("read");
      got += count;
    }
    for (const auto& call : std::span(calls).first(static_cast<std::size_t>(got) / sizeof(Call)))
      see(call);
    at += got;
  }
}

// With 256 and 1,024 threads it is 10 MB in all, and one write for each 256 calls.
History::Writer::Writer(History& history, std::size_t kept) : history_(history), kept_(kept) {
  calls_.reserve(kept);
}

void History::Writer::append(const Call& call) {
  calls_.push_back(call);
  if (calls_.size() == kept_) flush();
}

void History::Writer::flush() {
  history_.write(calls_);
  calls_.clear();
}

}  // namespace couponctl::load
