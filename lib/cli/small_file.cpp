#include "cli/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/misuse.h"
#include "core/handle.h"

namespace couponctl::cli {

std::optional<SmallFile> read_small_file(const std::filesystem::path& path, std::size_t size_max) {
  const auto fail = [&](const std::string& why) {
    return Misuse("couponctl", path.string() + ": " + why);
  };
  // O_NONBLOCK: to open a FIFO must not wait for its writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (descriptor < 0) throw fail(fmt::format("cannot be read: {}", std::strerror(errno)));
  const core::Handle<std::FILE, std::fclose> file(::fdopen(descriptor, "r"));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw fail(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) throw fail("is a directory, not a file");
  if (!S_ISREG(status.st_mode)) throw fail("is not a regular file");

  SmallFile read{std::string(size_max + 1, '\0'), (status.st_mode & S_IROTH) != 0,
                 (status.st_mode & (S_IWGRP | S_IWOTH)) != 0};
  read.text.resize(std::fread(read.text.data(), 1, read.text.size(), file.get()));
  if (std::ferror(file.get())) throw fail(fmt::format("cannot be read: {}", std::strerror(errno)));
  if (read.text.size() > size_max) throw fail(fmt::format("is larger than {} bytes", size_max));
  return read;
}

}  // namespace couponctl::cli
