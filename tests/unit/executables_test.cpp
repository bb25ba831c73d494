// Is a program that is missing named, with what installs it?
#include "process/executables.h"

#include <gtest/gtest.h>

#include "core/failure.h"

namespace couponctl::process {
namespace {

TEST(Executables, MissingOnesAreNamedWithOneCommandThatInstallsThem) {
  try {
    require_executables({{"sh", "dash"}, {"no-such-server", "good-server"}, {"nor-this", "other"}});
    FAIL() << "found them";
  } catch (const core::Failure& failure) {
    EXPECT_STREQ(failure.what(),
                 "not installed: no-such-server (Debian package good-server), "
                 "nor-this (Debian package other)");
    EXPECT_EQ(failure.hint(), "sudo apt-get install good-server other");
  }
}

TEST(Executables, FindsWhatAnOrdinaryPathHas) {
  EXPECT_TRUE(find_executable("sh"));
  EXPECT_FALSE(find_executable("no-such-server"));
}

}  // namespace
}  // namespace couponctl::process
