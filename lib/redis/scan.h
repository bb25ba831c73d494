// Walks what is too large for one answer, in pages: the fields of a hash, the entries of a stream.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redis/client.h"

namespace couponctl::redis {

// Calls `each` with the fields of a hash, page by page; a field may come more than once, and one
// that is set meanwhile may be missed. The views hold until `each` returns; its error ends all.
core::Result<void> walk_hash(Client& client, std::string_view key,
                             const std::function<core::Result<void>(std::span<const Pair>)>& each);

// The fields of a hash as they are, nullopt for one that it has not.
core::Result<std::vector<std::optional<std::string>>> hash_fields(
    Client& client, std::string_view key, std::span<const std::string> names);

// One entry of a stream; its views hold as long as the answer.
struct StreamEntry {
  std::string_view id;
  std::vector<Pair> fields;
};

// The entries of an answer to XRANGE.
core::Result<std::vector<StreamEntry>> stream_entries(const Value& value);

}  // namespace couponctl::redis
