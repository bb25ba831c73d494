// How do owner and supervisor talk? In lines over a Unix socket: a request is a line of words
// ("kill redis"), an answer is a line of JSON, after any number of progress lines.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "process/file_descriptor.h"
#include "process/line_reader.h"

namespace couponctl::stack {

class Channel {
 public:
  Channel() = default;
  explicit Channel(process::FileDescriptor socket);

  // Both ends; neither outlives an exec.
  static std::pair<Channel, Channel> pair();

  int fd() const { return socket_.get(); }
  bool closed() const { return closed_; }  // by the other side, or broken; no line is left
  void shut_down() const;                  // both sides see the end

  void send(std::string_view line);  // never waits: a peer that does not read is cut off
  std::optional<std::string> next_line(std::chrono::milliseconds wait);

 private:
  process::FileDescriptor socket_;
  process::LineReader received_;
  bool closed_ = false;
};

// Throws core::Failure.
process::FileDescriptor listen_on(const std::filesystem::path& path);

// A new client, or nothing.
std::optional<Channel> accept_from(const process::FileDescriptor& listener);

// Nothing if nobody listens there, or too many wait. Throws core::Failure if that cannot be told.
std::optional<Channel> connect_to(const std::filesystem::path& path);

}  // namespace couponctl::stack
