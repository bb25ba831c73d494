#include "cli/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "cli/usage_error.h"
#include "process/file_descriptor.h"
#include "process/read.h"

namespace couponctl::cli {

std::optional<SmallFile> read_small_file(const std::filesystem::path& path, std::size_t size_max) {
  const auto fail = [&](const std::string& why) {
    return UsageError("couponctl", path.string() + ": " + why);
  };
  // O_NONBLOCK: to open a FIFO must not wait for its writer.
  const process::FileDescriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!file) throw fail(fmt::format("cannot be read: {}", std::strerror(errno)));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw fail(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) throw fail("is a directory, not a file");
  if (!S_ISREG(status.st_mode)) throw fail("is not a regular file");

  auto text = process::read_to_end(file.get(), size_max + 1);
  if (!text) throw fail(fmt::format("cannot be read: {}", text.error().text));
  if (text->size() > size_max) throw fail(fmt::format("is larger than {} bytes", size_max));
  return SmallFile{*std::move(text), (status.st_mode & S_IROTH) != 0,
                   (status.st_mode & (S_IWGRP | S_IWOTH)) != 0};
}

}  // namespace couponctl::cli
