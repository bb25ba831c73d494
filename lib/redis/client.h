// Talks to one Redis server over hiredis: one connection, used by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "redis/reply.h"

namespace couponctl::redis {

struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string unix_path = "";  // if set, host and port do not count
  int database = 0;
  std::string user = "";  // "": the default user
  std::string password = "";

  std::string where() const;  // "127.0.0.1:6379", for messages
};

struct Timeouts {
  std::chrono::milliseconds connect{2000};
  std::chrono::milliseconds command{5000};
};

// Answers of the server, Fault::refused, that a caller tells apart.
enum class ErrorCode {
  other_error = 0,
  no_script,
  no_auth,
  no_permission,
  wrong_type,
  not_ready,  // it loads its data, or waits for its master
};
using enum ErrorCode;

// Whether the server itself gave that answer.
bool is(const core::Error& error, ErrorCode code);

class Client {
 public:
  // Connects, authenticates and selects the database.
  static core::Result<Client> connect(const Address& address, Timeouts timeouts = {});

  // Sends one command; the arguments may hold any bytes. After an error that core::ends_connection
  // the outcome is unknown and the connection is dead (a late reply would answer the wrong
  // command): what is asked then is never sent, and unreachable. Drop this client and connect anew.
  core::Result<Reply> command(std::span<const std::string_view> arguments);
  core::Result<Reply> command(std::initializer_list<std::string_view> arguments);

  // Lets the server know a Lua script, so that eval() is one command.
  core::Result<void> load(std::string_view source);
  // Runs a Lua script by its digest and loads it once where the server does not know it.
  // `source` must stay where it is: it is recognised by its address.
  core::Result<Reply> eval(std::string_view source, std::span<const std::string_view> keys,
                           std::span<const std::string_view> arguments);

  // One field of INFO, e.g. ("server", "redis_version").
  core::Result<std::string> info(std::string_view section, std::string_view field);

  // The server's clock, in ms since 1970 UTC.
  core::Result<std::int64_t> time_ms();

 private:
  using Context = core::Handle<redisContext, redisFree>;

  Client(Context context, std::string name, std::chrono::milliseconds command_max)
      : context_(std::move(context)), name_(std::move(name)), command_max_(command_max) {}
  core::Result<Reply> ask(std::span<const std::string_view> arguments);
  core::Result<Reply> await_reply();
  core::Error broken() const;
  core::Error garbled(std::string_view how) const;
  core::Error server_error(std::string_view text) const;

  Context context_;
  std::string name_;
  std::chrono::milliseconds command_max_;
  // Whether an answer could not be understood; its replies tell, too.
  std::shared_ptr<bool> garbled_ = std::make_shared<bool>(false);
  std::map<const char*, std::string> digests_;  // script source → SHA-1 that the server gave
};

}  // namespace couponctl::redis
