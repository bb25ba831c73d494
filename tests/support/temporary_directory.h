// A directory of a test's own, for as long as it lives.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace couponctl::test {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    static int number = 0;
    path_ = std::filesystem::path(testing::TempDir()) /
            fmt::format("couponctl-test-{}-{}", ::getpid(), ++number);
    EXPECT_TRUE(std::filesystem::create_directory(path_)) << path_;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace couponctl::test
