// Whose is the stack's directory? Ours, marked and locked while a supervisor lives; nothing of
// anyone else's is ever touched.
#include "stack/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "core/failure.h"
#include "core/parse.h"
#include "stack/stack.h"

namespace couponctl::stack {
namespace {

namespace fs = std::filesystem;

// The lock is the marker, too: a directory with this file in it was made by us.
constexpr auto lock_name = "couponctl-stack.lock";
constexpr auto kept_name = "kept";

// A socket's path has 107 bytes, and D/mysql/sock must fit.
constexpr std::size_t path_bytes_max = 80;

// Servers that the kernel has just killed may still be writing their last file.
constexpr int remove_tries_max = 20;

core::Failure refusal(const fs::path& path, std::string_view why) {
  return {core::Exit::usage, fmt::format("{}: {}", path.native(), why),
          "Name another directory with --dir."};
}

core::Failure cannot_tell(const fs::path& path) {
  return {core::Exit::runtime, fmt::format("{}: {}", path.native(), std::strerror(errno))};
}

void remove_contents(const fs::path& path, bool with_lock) {
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.path().filename() != lock_name) fs::remove_all(entry.path());
  // Last, so that a removal cut short leaves a directory that is still known as ours.
  if (with_lock) fs::remove(path / lock_name);
}

process::FileDescriptor open_lock(const fs::path& path, int flags) {
  return process::FileDescriptor(
      ::open((path / lock_name).c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
}

bool is_still_there(const process::FileDescriptor& lock, const fs::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(lock.get(), &opened) == 0 && ::stat((path / lock_name).c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino;
}

void make(const fs::path& path) {
  if (path.native().size() > path_bytes_max)
    throw refusal(path, fmt::format("longer than {} characters", path_bytes_max));
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw refusal(path, std::strerror(errno));
  check_directory_is_ours(path);
  if (!is_marked(path) && !fs::is_empty(path))
    throw refusal(path, "holds files that no stack of couponctl made");
}

}  // namespace

void check_directory_is_ours(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return;
    throw refusal(path, std::strerror(errno));
  }
  if (!S_ISDIR(found.st_mode)) throw refusal(path, "is not a directory");
  if (found.st_uid != ::geteuid()) throw refusal(path, "belongs to another user");
  if ((found.st_mode & 022) != 0) throw refusal(path, "others may write to it");
}

bool is_marked(const fs::path& path) { return fs::exists(path / lock_name); }

bool is_locked(const fs::path& path) {
  const auto lock = open_lock(path, O_RDONLY);
  if (!lock && (errno == ENOENT || errno == ENOTDIR)) return false;
  if (lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) == 0) return false;
  if (!lock || errno != EWOULDBLOCK) throw cannot_tell(path / lock_name);
  return true;
}

Directory Directory::claim(const fs::path& path) {
  Directory directory;
  directory.path_ = path;
  do {  // again if a stack that went down removed the directory in between
    make(path);
    directory.lock_ = open_lock(path, O_RDWR | O_CREAT);
    if (!directory.lock_) throw refusal(path, std::strerror(errno));
    if (::flock(directory.lock_.get(), LOCK_EX | LOCK_NB) != 0)
      throw core::Failure(core::Exit::runtime, fmt::format("{}: a stack runs there", path.native()),
                          fmt::format("couponctl stack down --dir {}", path.native()));
  } while (!is_still_there(directory.lock_, path));
  ::chmod(path.c_str(), 0700);
  directory.was_kept_ = fs::exists(path / kept_name);
  if (!directory.was_kept_) remove_contents(path, false);
  fs::remove(path / kept_name);
  return directory;
}

void Directory::remove() {
  for (int tries = 1;; ++tries) try {
      remove_contents(path_, true);
      fs::remove(path_);
      lock_ = {};
      return;
    } catch (const fs::filesystem_error&) {
      if (tries == remove_tries_max) throw;
      ::usleep(10'000);
    }
}

void Directory::keep() {
  std::ofstream(path_ / kept_name).flush();
  lock_ = {};
}

fs::path default_directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code unreadable;
  if (runtime && *runtime == '/' && fs::is_directory(runtime, unreadable))
    return fs::path(runtime) / "couponctl-stack";
  const auto* user = ::getpwuid(::geteuid());
  return fs::path("/tmp") /
         fmt::format("couponctl-stack-{}", user ? user->pw_name : std::to_string(::geteuid()));
}

}  // namespace couponctl::stack
