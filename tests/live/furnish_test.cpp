// Does `stack up` leave servers on which coupons can be issued at once?
#include <gtest/gtest.h>

#include "support/child.h"
#include "support/temporary_directory.h"

namespace couponctl {
namespace {

class StackUp : public testing::Test {
 protected:
  ~StackUp() override {
    EXPECT_EQ(test::couponctl({"stack", "down", "--dir", directory_}).code, 0);
  }

  void expect_success(std::vector<std::string> words) {
    const auto [code, out, err] = test::couponctl(std::move(words));
    EXPECT_EQ(code, 0) << err;
  }

  test::TemporaryDirectory parent_;
  const std::string directory_ = parent_.path() / "stack";  // the stack wants to make it
};

TEST_F(StackUp, LeavesAMigratedDatabaseAndATopic) {
  expect_success({"stack", "up", "--require-real-kafka", "--dir", directory_});
  const auto config = directory_ + "/couponctl.toml";
  expect_success({"campaign", "open", "--quota", "1", "--config", config});
  expect_success({"status", "--config", config});
}

}  // namespace
}  // namespace couponctl
