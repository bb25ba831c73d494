#include "process/read.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "process/file_descriptor.h"

namespace couponctl::process {
namespace {

using core::Error;
using core::Fault;
using core::Result;

Error system_error(int number) { return {Fault::refused, {}, std::strerror(number)}; }

}  // namespace

Result<Chunk> read_some(int descriptor, std::span<char> buffer) {
  for (;;) {
    const auto size = ::read(descriptor, buffer.data(), buffer.size());
    if (size > 0) return Chunk{Arrival::bytes, static_cast<std::size_t>(size)};
    if (size == 0) return Chunk{Arrival::end};
    if (errno == EAGAIN) return Chunk{Arrival::nothing_yet};
    if (errno != EINTR) return system_error(errno);
  }
}

Result<std::string> read_to_end(int descriptor, std::size_t size_max) {
  std::string text;
  std::array<char, 16 * 1024> buffer;
  while (text.size() < size_max) {
    const auto wanted = std::min(buffer.size(), size_max - text.size());
    const auto chunk = read_some(descriptor, std::span(buffer).first(wanted));
    if (!chunk) return chunk.error();
    if (chunk->arrival == Arrival::nothing_yet) return system_error(EAGAIN);
    if (chunk->arrival == Arrival::end) break;
    text.append(buffer.data(), chunk->size);
  }
  return text;
}

Result<std::string> read_file(const std::filesystem::path& path, std::ptrdiff_t offset) {
  const auto named = [&](const std::string& why) {
    return Error{Fault::refused, {}, fmt::format("{}: {}", path.native(), why)};
  };
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return named(std::strerror(errno));
  if (offset != 0 && ::lseek(file.get(), offset, SEEK_SET) < 0) return named(std::strerror(errno));
  auto text = read_to_end(file.get());
  if (!text) return named(text.error().text);
  return text;
}

}  // namespace couponctl::process
