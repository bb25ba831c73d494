#include "process/line_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <vector>

#include "process/file_descriptor.h"
#include "support/broken_input.h"

namespace couponctl::process {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;

// Both ends of a connection; the first one is read.
struct Connection {
  FileDescriptor ours, theirs;

  void send(std::string_view text) const {
    ASSERT_EQ(::send(theirs.get(), text.data(), text.size(), 0), std::ssize(text));
  }
};

Connection unix_connection() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

FileDescriptor connection_to(std::uint16_t port) {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return socket;
}

// All lines up to the end or the error.
std::vector<std::string> lines_of(LineReader& reader) {
  std::vector<std::string> lines;
  while (const auto line = reader.next(patience)) lines.emplace_back(line->text);
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineReader, GivesTheLastLineWithoutItsEndWhenTheInputEnds) {
  auto connection = unix_connection();
  connection.send("1\n\n23");
  connection.theirs = {};
  LineReader reader(connection.ours.get());
  EXPECT_EQ(lines_of(reader), (Lines{"1", "", "23"}));
  EXPECT_FALSE(reader.open());
  EXPECT_EQ(reader.error(), nullptr);
}

TEST(LineReader, TakesNoFragmentForALineWhenTheConnectionIsReset) {
  test::BrokenInput input("1\n23");
  const auto ours = connection_to(input.port());
  ASSERT_TRUE(input.accept());
  LineReader reader(ours.get());
  EXPECT_EQ(reader.next(patience)->text, "1");
  input.reset();
  EXPECT_FALSE(reader.next(patience));
  ASSERT_NE(reader.error(), nullptr);
  EXPECT_EQ(*reader.error(), "Connection reset by peer");
  EXPECT_EQ(reader.fragment(), "23");
  EXPECT_FALSE(reader.next(0ms)) << "nor later";
}

TEST(LineReader, TakesADirectoryForAnErrorAndNotForNothing) {
  const FileDescriptor directory(::open("/", O_RDONLY | O_CLOEXEC));
  LineReader reader(directory.get());
  EXPECT_EQ(lines_of(reader), Lines());
  ASSERT_NE(reader.error(), nullptr);
  EXPECT_EQ(*reader.error(), "Is a directory");
}

TEST(LineReader, TakesAClosedDescriptorForAnErrorAndNotForNothing) {
  // What main() puts in the place of one.
  const FileDescriptor unreadable(::open("/", O_PATH | O_CLOEXEC));
  LineReader reader(unreadable.get());
  EXPECT_EQ(lines_of(reader), Lines());
  ASSERT_NE(reader.error(), nullptr);
  EXPECT_EQ(*reader.error(), "Bad file descriptor");
}

TEST(LineReader, WaitsForTheRestOfALineNoLongerThanItIsTold) {
  auto connection = unix_connection();
  connection.send("12");
  LineReader reader(connection.ours.get());
  EXPECT_FALSE(reader.next(10ms));
  EXPECT_TRUE(reader.open());
  connection.send("3\n");
  EXPECT_EQ(reader.next(patience)->text, "123");
}

TEST(LineReader, RefusesALineThatIsTooLongAndReadsOnBehindIt) {
  constexpr auto limit = LineRules().bytes_max;
  auto connection = unix_connection();
  connection.send(std::string(limit, '1') + "\n" + std::string(3 * limit + 7, '2') + "\n3\n" +
                  std::string(limit + 1, '4'));
  connection.theirs = {};
  LineReader reader(connection.ours.get());
  const auto longest = reader.next(patience);
  ASSERT_TRUE(longest);
  EXPECT_FALSE(longest->too_long);
  EXPECT_EQ(longest->text.size(), limit);
  const auto refused = reader.next(patience);
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->too_long);
  EXPECT_EQ(refused->number, 2);
  EXPECT_EQ(refused->text, std::string(limit, '2'));
  const auto after = reader.next(patience);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->text, "3");
  EXPECT_EQ(after->number, 3);
  EXPECT_TRUE(reader.next(patience)->too_long);
  EXPECT_FALSE(reader.next(patience));
  EXPECT_EQ(reader.error(), nullptr);
}

TEST(LineReader, KeepsNothingOfALineThatNeverEnds) {
  const FileDescriptor zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  LineReader reader(zeros.get());
  ASSERT_TRUE(reader.next(patience)->too_long);
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(reader.next(0ms));
  EXPECT_EQ(reader.fragment(), "");
}

TEST(LineReader, KeepsNulBytes) {
  auto connection = unix_connection();
  connection.send(std::string_view("1\0002\n", 4));
  LineReader reader(connection.ours.get());
  EXPECT_EQ(reader.next(patience)->text, std::string_view("1\0002", 3));
}

}  // namespace
}  // namespace couponctl::process
