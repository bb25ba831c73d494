#include "redis/reply.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace couponctl::redis {

using core::Error;
using core::Fault;
using core::Result;

namespace {

std::string_view name_of_type(int type) {
  constexpr std::string_view names[] = {"nothing known", "a text", "an array", "an integer",
                                        "nil",           "a text", "an error"};
  return type > 0 && static_cast<std::size_t>(type) < std::size(names)
             ? names[static_cast<std::size_t>(type)]
             : names[0];
}

}  // namespace

std::string Value::described() const {
  if (const auto text = error()) return std::string(*text);
  if (is_integer()) return fmt::format("(integer) {}", raw_->integer);
  if (is_text()) return fmt::format("\"{}\"", std::string_view(raw_->str, raw_->len));
  if (!is_array()) return "(nil)";
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < raw_->elements; ++i)
    parts.push_back(Value(*raw_->element[i], *garbled_).described());
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

Error Value::unexpected(std::string_view wanted) const {
  *garbled_ = true;
  return {Fault::garbled,
          {},
          fmt::format("redis answered with {} where {} was expected", name_of_type(raw_->type),
                      wanted)};
}

std::optional<std::string_view> Value::error() const {
  if (raw_->type != REDIS_REPLY_ERROR || raw_->str == nullptr) return std::nullopt;
  return std::string_view(raw_->str, raw_->len);
}

Result<std::int64_t> Value::integer() const {
  if (!is_integer()) return unexpected("an integer");
  return static_cast<std::int64_t>(raw_->integer);
}

Result<std::string_view> Value::text() const {
  if (!is_text()) return unexpected("a text");
  return std::string_view(raw_->str, raw_->len);
}

Result<Array> Value::array() const {
  if (!is_array()) return unexpected("an array");
  return Array(*this);
}

Result<Array> Value::array(std::size_t size) const {
  if (!is_array() || raw_->elements != size) return unexpected(fmt::format("an array of {}", size));
  return Array(*this);
}

Result<std::vector<Pair>> Value::pairs() const {
  const auto list = array();
  if (!list) return list.error();
  if (list->size() % 2 != 0) return unexpected("pairs");
  std::vector<Pair> found;
  found.reserve(list->size() / 2);
  for (std::size_t i = 0; i < list->size(); i += 2) {
    const auto name = (*list)[i].text();
    if (!name) return name.error();
    const auto value = (*list)[i + 1].text();
    if (!value) return value.error();
    found.emplace_back(*name, *value);
  }
  return found;
}

Result<std::int64_t> integer(const Result<Reply>& reply) {
  if (!reply) return reply.error();
  return reply->value().integer();
}

Result<std::string> text(const Result<Reply>& reply) {
  if (!reply) return reply.error();
  const auto found = reply->value().text();
  if (!found) return found.error();
  return std::string(*found);
}

Result<std::optional<std::string>> text_or_nil(const Result<Reply>& reply) {
  if (reply && reply->value().is_nil()) return std::optional<std::string>();
  auto found = text(reply);
  if (!found) return found.error();
  return std::optional(*std::move(found));
}

}  // namespace couponctl::redis
