// What did a Redis server answer? Decoded with checks: nothing else knows hiredis's replies.
#pragma once

#include <hiredis.h>

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/handle.h"
#include "core/result.h"

namespace couponctl::redis {

class Array;

// A view of an answer, or of a part of one; valid as long as the Reply is.
//
// What is asked for in another type or shape than it has is Fault::garbled: either its bytes were
// changed on the way, or it answers another command than the one it was taken for. So the client
// that gave it is dead from then on.
class Value {
 public:
  Value(const redisReply& raw, bool& garbled) : raw_(&raw), garbled_(&garbled) {}

  bool is_nil() const { return raw_->type == REDIS_REPLY_NIL; }
  bool is_integer() const { return raw_->type == REDIS_REPLY_INTEGER; }
  bool is_text() const {
    return (raw_->type == REDIS_REPLY_STRING || raw_->type == REDIS_REPLY_STATUS) && raw_->str;
  }
  bool is_array() const { return raw_->type == REDIS_REPLY_ARRAY; }

  // The server's own words if it is an error: "WRONGTYPE Operation against a key …".
  std::optional<std::string_view> error() const;
  core::Result<std::int64_t> integer() const;
  core::Result<std::string_view> text() const;
  core::Result<Array> array() const;
  core::Result<Array> array(std::size_t size) const;
  // An array of texts: name, value, name, value, …
  core::Result<std::vector<std::pair<std::string_view, std::string_view>>> pairs() const;

  // For people, as redis-cli shows it: "(integer) 3", "(nil)", "[1, 2]".
  std::string described() const;

  // Of an answer that is not what `wanted` says.
  core::Error unexpected(std::string_view wanted) const;

 private:
  friend class Array;
  const redisReply* raw_;
  bool* garbled_;
};

using Pair = std::pair<std::string_view, std::string_view>;

class Array {
 public:
  explicit Array(const Value& value) : value_(value) { assert(value.is_array()); }

  std::size_t size() const { return value_.raw_->elements; }
  Value operator[](std::size_t index) const {
    assert(index < size());
    return {*value_.raw_->element[index], *value_.garbled_};
  }

 private:
  Value value_;
};

// One answer of a server, with all that it holds.
class Reply {
 public:
  // `garbled` is set when it turns out that the answer cannot be understood.
  Reply(redisReply* raw, std::shared_ptr<bool> garbled) : raw_(raw), garbled_(std::move(garbled)) {}

  Value value() const { return {*raw_, *garbled_}; }

 private:
  core::Handle<redisReply, freeReplyObject> raw_;
  std::shared_ptr<bool> garbled_;
};

// Reads the answer to a command that is known to give that type.
core::Result<std::int64_t> integer(const core::Result<Reply>& reply);
core::Result<std::string> text(const core::Result<Reply>& reply);
core::Result<std::optional<std::string>> text_or_nil(const core::Result<Reply>& reply);

}  // namespace couponctl::redis
