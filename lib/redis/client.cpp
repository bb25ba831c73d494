#include "redis/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <vector>

#include "core/command_hook.h"
#include "core/parse.h"

namespace couponctl::redis {
namespace {

using core::Code;
using core::Domain;
using core::Error;
using core::Fault;
using core::Result;

timeval as_timeval(std::chrono::milliseconds duration) {
  return {duration.count() / 1000, duration.count() % 1000 * 1000};
}

Code code_of(ErrorCode code) { return {Domain::redis, static_cast<int>(code)}; }

// "ERR …", "NOSCRIPT …": what kind it is, in capitals, and a sentence. A status or a number whose
// first byte was changed into the '-' of an error looks otherwise.
bool is_plausible_error(std::string_view text) {
  const auto kind = text.substr(0, text.find(' '));
  const auto is_capital = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
  return !kind.empty() && kind.size() < text.size() && std::ranges::all_of(kind, is_capital);
}

bool has_unread_bytes(const redisReader& reader) { return reader.pos < reader.len; }

}  // namespace

std::string Address::where() const {
  return unix_path.empty() ? fmt::format("{}:{}", host, port) : "unix:" + unix_path;
}

bool is(const Error& error, ErrorCode code) { return error.code == code_of(code); }

Result<Client> Client::connect(const Address& address, Timeouts timeouts) {
  const auto limit = as_timeval(timeouts.connect);
  Context context(address.unix_path.empty()
                      ? redisConnectWithTimeout(address.host.c_str(), address.port, limit)
                      : redisConnectUnixWithTimeout(address.unix_path.c_str(), limit));
  Client client(std::move(context), "redis " + address.where(), timeouts.command);
  if (!client.context_) return Error{Fault::unreachable, {}, client.name_ + ": out of memory"};
  if (client.context_->err) return client.broken();
  // The time-out of the connect does not bound the commands: that is a setting of its own.
  if (redisSetTimeout(client.context_.get(), as_timeval(timeouts.command)) != REDIS_OK)
    return client.broken();
  redisEnableKeepAlive(client.context_.get());
  if (!address.password.empty()) {
    const auto user = address.user.empty() ? std::string_view("default") : address.user;
    if (auto reply = client.command({"AUTH", user, address.password}); !reply) return reply.error();
  }
  if (address.database != 0)
    if (auto reply = client.command({"SELECT", std::to_string(address.database)}); !reply)
      return reply.error();
  return client;
}

Result<Reply> Client::command(std::span<const std::string_view> arguments) {
  assert(!arguments.empty());
  if (context_->err || *garbled_)
    return Error{Fault::unreachable, {}, name_ + ": the connection was given up"};
  auto* const hook = core::command_hook();
  if (!hook) return ask(arguments);
  hook->before({core::Server::redis, arguments.front(), arguments});
  auto reply = ask(arguments);
  if (hook->hears_answers())
    hook->answered(reply ? reply->value().described() : reply.error().text);
  return reply;
}

Result<Reply> Client::ask(std::span<const std::string_view> arguments) {
  std::vector<const char*> pointers;
  std::vector<std::size_t> lengths;
  for (const auto argument : arguments) {
    pointers.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(arguments.size()), pointers.data(),
                             lengths.data()) != REDIS_OK)
    return broken();
  auto reply = await_reply();
  if (!reply) return reply;
  // Nothing else was asked, so nothing else can follow.
  if (has_unread_bytes(*context_->reader)) return garbled("something follows it");
  if (const auto error = reply->value().error()) return server_error(*error);
  return reply;
}

// hiredis bounds each read; a server that drips would never come to that bound.
Result<Reply> Client::await_reply() {
  const auto deadline = std::chrono::steady_clock::now() + command_max_;
  for (int written = 0; written == 0;)
    if (redisBufferWrite(context_.get(), &written) != REDIS_OK) return broken();
  for (void* reply = nullptr;;) {
    if (redisGetReplyFromReader(context_.get(), &reply) != REDIS_OK) return broken();
    if (reply) return Reply(static_cast<redisReply*>(reply), garbled_);
    if (std::chrono::steady_clock::now() >= deadline) {
      context_->err = REDIS_ERR_IO;
      errno = ETIMEDOUT;
      return broken();
    }
    if (redisBufferRead(context_.get()) != REDIS_OK) return broken();
  }
}

Result<Reply> Client::command(std::initializer_list<std::string_view> arguments) {
  return command(std::span(arguments.begin(), arguments.size()));
}

Result<void> Client::load(std::string_view source) {
  auto loaded = text(command({"SCRIPT", "LOAD", source}));
  if (!loaded) return loaded.error();
  digests_[source.data()] = *std::move(loaded);
  return {};
}

Result<Reply> Client::eval(std::string_view source, std::span<const std::string_view> keys,
                           std::span<const std::string_view> arguments) {
  const auto count = std::to_string(keys.size());
  for (bool loaded_now = false;;) {
    if (!digests_.contains(source.data())) {
      if (const auto loaded = load(source); !loaded) return loaded.error();
      loaded_now = true;
    }
    std::vector<std::string_view> words{"EVALSHA", digests_[source.data()], count};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto reply = command(words);
    const bool forgotten = !reply && is(reply.error(), no_script);
    if (!forgotten || loaded_now) return reply;
    digests_.erase(source.data());
  }
}

Result<std::string> Client::info(std::string_view section, std::string_view field) {
  const auto reply = text(command({"INFO", section}));
  if (!reply) return reply.error();
  const auto label = fmt::format("\n{}:", field);
  const auto at = reply->find(label);
  if (at == std::string::npos)
    return Error{Fault::refused, {}, fmt::format("{}: INFO has no field {}", name_, field)};
  const auto begin = at + label.size();
  return reply->substr(begin, reply->find('\r', begin) - begin);
}

Result<std::int64_t> Client::time_ms() {
  const auto reply = command({"TIME"});
  if (!reply) return reply.error();
  const auto parts = reply->value().array(2);
  if (!parts) return parts.error();
  const auto number = [&](std::size_t index) {
    const auto text = (*parts)[index].text();
    return text ? core::whole_number(*text) : std::nullopt;
  };
  const auto seconds = number(0);
  const auto microseconds = number(1);
  if (!seconds || !microseconds) return reply->value().unexpected("a time");
  return *seconds * 1000 + *microseconds / 1000;
}

Error Client::garbled(std::string_view how) const {
  *garbled_ = true;
  return {Fault::garbled, {}, fmt::format("{}: an answer cannot be understood: {}", name_, how)};
}

Error Client::server_error(std::string_view text) const {
  if (!is_plausible_error(text)) return garbled("an error that no server gives");
  constexpr std::pair<std::string_view, ErrorCode> known[] = {
      {"NOSCRIPT", no_script},   {"NOAUTH", no_auth},       {"WRONGPASS", no_auth},
      {"NOPERM", no_permission}, {"WRONGTYPE", wrong_type}, {"LOADING", not_ready},
      {"MASTERDOWN", not_ready}};
  auto code = other_error;
  for (const auto& [prefix, value] : known)
    if (text.starts_with(prefix)) code = value;
  return {Fault::refused, code_of(code), fmt::format("{}: {}", name_, text)};
}

Error Client::broken() const {
  if (context_->err == REDIS_ERR_PROTOCOL) {
    *garbled_ = true;
    return {Fault::garbled,
            {Domain::hiredis, context_->err},
            fmt::format("{}: an answer cannot be understood: {}", name_, context_->errstr)};
  }
  const bool timed_out = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT);
  std::string cause = timed_out ? "no answer in time" : context_->errstr;
  if (cause == "Connection refused") cause = "connection refused";
  return {timed_out ? Fault::timeout : Fault::unreachable,
          {Domain::hiredis, context_->err},
          fmt::format("{}: {}", name_, cause)};
}

}  // namespace couponctl::redis
