// Talks to one MySQL or MariaDB server: one connection, used by one thread at a time.
#pragma once

#include <mysql.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/handle.h"
#include "core/result.h"

namespace couponctl::mysql {

struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string unix_socket = "";  // if set, host and port do not count
  std::string user = "root";
  std::string password = "";
  std::string database = "";  // "": none selected

  std::string where() const;  // "root@127.0.0.1:3306", for messages
};

struct Timeouts {
  std::chrono::seconds connect{5};
  std::chrono::seconds read{15};  // longer than the server's lock wait, so that its answer is seen
  std::chrono::seconds write{15};
};

using Row = std::vector<std::optional<std::string>>;

class Connection {
 public:
  // Connects with utf8mb4, no automatic reconnect and no LOCAL INFILE.
  static core::Result<Connection> connect(const Address& address, Timeouts timeouts = {});

  // Runs one statement; returns the number of rows it changed. Error::code is the server's or the
  // library's errno; after Fault::unreachable or Fault::timeout the connection is dead and the
  // outcome unknown.
  core::Result<std::int64_t> execute(std::string_view statement);

  // Runs one statement and returns all of its rows, as text; NULL is nullopt.
  core::Result<std::vector<Row>> query(std::string_view statement);

  // Runs one statement and hands over its rows as they arrive, one held at a time. The connection
  // can be asked nothing meanwhile. Returns how many there were.
  core::Result<std::int64_t> stream(std::string_view statement,
                                    const std::function<void(const Row&)>& take);

  // The single integer of a statement such as SELECT COUNT(*).
  core::Result<std::int64_t> query_integer(std::string_view statement);

  // For destructors: executes the statement, whatever comes of it. After a hook that throws the
  // connection is closed, so that the server undoes what it would have.
  void execute_last(std::string_view statement) noexcept;

  // Nothing can be asked of it any more.
  bool is_dead() const { return dead_; }

 private:
  using Handle = core::Handle<MYSQL, mysql_close>;

  Connection(Handle handle, std::string name)
      : handle_(std::move(handle)), name_(std::move(name)) {}
  template <class Ask>
  std::invoke_result_t<Ask> hooked(std::string_view statement, const Ask& ask);
  core::Result<std::int64_t> run(std::string_view statement);
  core::Result<std::vector<Row>> fetch(std::string_view statement);
  core::Result<std::int64_t> fetch(std::string_view statement,
                                   const std::function<void(const Row&)>& take);
  core::Result<void> send(std::string_view statement);
  // Of what the library has just failed at.
  core::Error failure();
  core::Error dead() const;

  Handle handle_;
  std::string name_;
  bool dead_ = false;
};

}  // namespace couponctl::mysql
