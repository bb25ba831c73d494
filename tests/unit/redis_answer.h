// Real bytes of a Redis server as the client would decode them: through hiredis's own reader.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "redis/reply.h"

namespace couponctl::test {

class RedisAnswer {
 public:
  explicit RedisAnswer(std::string_view bytes) {
    const core::Handle<redisReader, redisReaderFree> reader(redisReaderCreate());
    redisReaderFeed(reader.get(), bytes.data(), bytes.size());
    void* raw = nullptr;
    if (redisReaderGetReply(reader.get(), &raw) == REDIS_OK && raw != nullptr)
      reply_.emplace(static_cast<redisReply*>(raw), garbled_);
  }

  // Whether these bytes are a whole answer.
  explicit operator bool() const { return reply_.has_value(); }
  redis::Value value() const { return reply_->value(); }
  // Whether it was asked for something that it is not.
  bool is_garbled() const { return *garbled_; }

 private:
  std::shared_ptr<bool> garbled_ = std::make_shared<bool>(false);
  std::optional<redis::Reply> reply_;
};

}  // namespace couponctl::test
