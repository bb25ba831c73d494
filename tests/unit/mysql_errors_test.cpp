// What an error number means for the batch.
#include "mysql/errors.h"

#include <gtest/gtest.h>

namespace couponctl::mysql {
namespace {

void expect_class(ErrorClass expected, std::initializer_list<unsigned> numbers) {
  for (const auto number : numbers) {
    const core::Error error{core::Fault::refused, code_of(number), ""};
    EXPECT_EQ(classify(error), expected) << number;
  }
}

TEST(MysqlErrors, ARowsOwnFaultIsNeverTriedAgain) {
  expect_class(ErrorClass::bad_row,
               {1048, 1153, 1264, 1292, 1300, 1364, 1366, 1406, 1452, 2020, 3819, 4025});
}

TEST(MysqlErrors, RightsAndSchemaNeedAPerson) {
  expect_class(ErrorClass::setup,
               {1044, 1045, 1049, 1054, 1064, 1142, 1146, 1193, 2049, 2059, 2061});
}

TEST(MysqlErrors, DeadlocksAndLockWaitsAreTriedAgain) {
  expect_class(ErrorClass::lock, {1205, 1213});
}

TEST(MysqlErrors, ABrokenConnectionIsRebuilt) {
  expect_class(ErrorClass::connection,
               {2000, 2002, 2006, 2013, 2014, 2026, 2027, 1927, 1053, 1077, 4031, 1290, 1836});
}

TEST(MysqlErrors, AFullDiskAlarms) {
  expect_class(ErrorClass::full, {1021, 1026, 1030, 1037, 1041, 1114});
}

TEST(MysqlErrors, ADuplicateKeyIsAQuestion) { expect_class(ErrorClass::duplicate_key, {1062}); }

TEST(MysqlErrors, EverythingElsePasses) {
  expect_class(ErrorClass::transient, {0, 1, 1040, 1317, 3024, 3000, 65535});
}

}  // namespace
}  // namespace couponctl::mysql
