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

// Appends all up to the end, or up to that size; 0 or the errno.
int append_to_end(std::string& text, int descriptor, std::size_t size_max) {
  std::array<char, 16 * 1024> buffer{};
  while (text.size() < size_max) {
    const auto size =
        ::read(descriptor, buffer.data(), std::min(buffer.size(), size_max - text.size()));
    if (size == 0) break;
    if (size > 0)
      text.append(buffer.data(), static_cast<std::size_t>(size));
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

// 0 or the errno.
int read_from(const std::filesystem::path& path, std::ptrdiff_t offset, std::string& text) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file || (offset != 0 && ::lseek(file.get(), offset, SEEK_SET) < 0)) return errno;
  return append_to_end(text, file.get(), text.max_size());
}

Error cannot_read(const std::filesystem::path& path, int number) {
  return {Fault::refused, {}, fmt::format("{}: {}", path.native(), std::strerror(number))};
}

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
  if (const int number = append_to_end(text, descriptor, size_max)) return system_error(number);
  return text;
}

Result<std::string> read_file(const std::filesystem::path& path, std::ptrdiff_t offset) {
  std::string text;
  if (const int number = read_from(path, offset, text)) return cannot_read(path, number);
  return text;
}

Result<std::optional<std::string>> read_proc(const std::filesystem::path& path) {
  std::string text;
  const int number = read_from(path, 0, text);
  if (number == ENOENT || number == ESRCH) return std::optional<std::string>();
  if (number != 0) return cannot_read(path, number);
  return std::optional(std::move(text));
}

}  // namespace couponctl::process
