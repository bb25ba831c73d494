#include "mysql/connection.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <type_traits>

#include "core/command_hook.h"
#include "mysql/errors.h"

namespace couponctl::mysql {
namespace {

using core::Error;
using core::Fault;
using core::Result;

// mysql_library_init is not thread-safe and each thread has to say when it ends.
void enter_library() {
  struct Library {
    Library() { mysql_library_init(0, nullptr, nullptr); }
    ~Library() { mysql_library_end(); }
  };
  struct Thread {
    Thread() { mysql_thread_init(); }
    ~Thread() { mysql_thread_end(); }
  };
  static const Library library;
  thread_local const Thread thread;
}

// The library's own errors: no connection, or it broke on the way; a statement too long never left.
Fault fault_of(core::Code code) {
  constexpr int server_numbers_begin = 1000;
  if (code.domain != core::Domain::mysql_client)
    return code.value < server_numbers_begin ? Fault::garbled : Fault::refused;
  switch (code.value) {
    case CR_NET_PACKET_TOO_LARGE:
      return Fault::refused;
    case CR_UNKNOWN_ERROR:  // an error without a number
    case CR_COMMANDS_OUT_OF_SYNC:
    case CR_MALFORMED_PACKET:
      return Fault::garbled;
  }
  return Fault::unreachable;
}

// "SELECT".
std::string_view first_word(std::string_view statement) {
  const auto begin = std::min(statement.find_first_not_of(" \n("), statement.size());
  const auto end = statement.find_first_of(" \n(;", begin);
  return statement.substr(begin, end == std::string_view::npos ? end : end - begin);
}

Row read_row(MYSQL_RES* result, MYSQL_ROW fields) {
  const unsigned long* const lengths = mysql_fetch_lengths(result);
  Row row(mysql_num_fields(result));
  for (unsigned i = 0; i < row.size(); ++i)
    if (fields[i]) row[i].emplace(fields[i], lengths[i]);
  return row;
}

std::string described(std::int64_t changed) { return fmt::format("{} changed", changed); }

std::string described(const std::vector<Row>& rows) {
  if (rows.size() != 1) return fmt::format("{} rows", rows.size());
  std::vector<std::string> fields;
  for (const auto& field : rows.front()) fields.push_back(field.value_or("NULL"));
  return fmt::format("{}", fmt::join(fields, ", "));
}

// The library's own words, which end in an errno, with the system's word for it instead; that the
// connection was under way (EINPROGRESS) says nothing.
std::string connect_text(std::string_view words) {
  const auto open = words.rfind(" (");
  int number = 0;
  if (open == std::string_view::npos ||
      std::from_chars(words.data() + open + 2, words.data() + words.size(), number).ec !=
          std::errc{})
    return std::string(words);
  std::string text(words.substr(0, open));
  if (number != 0 && number != EINPROGRESS) text += std::string(": ") + std::strerror(number);
  return text;
}

void set(MYSQL* handle, mysql_option option, std::chrono::seconds duration) {
  const auto value = static_cast<unsigned>(duration.count());
  mysql_options(handle, option, &value);
}

}  // namespace

std::string Address::where() const {
  return unix_socket.empty() ? fmt::format("{}@{}:{}", user, host, port)
                             : fmt::format("{}@unix:{}", user, unix_socket);
}

Result<Connection> Connection::connect(const Address& address, Timeouts timeouts) {
  enter_library();
  Connection connection(Handle(mysql_init(nullptr)), "mysql " + address.where());
  MYSQL* const handle = connection.handle_.get();
  if (!handle) return Error{Fault::unreachable, {}, connection.name_ + ": out of memory"};
  set(handle, MYSQL_OPT_CONNECT_TIMEOUT, timeouts.connect);
  set(handle, MYSQL_OPT_READ_TIMEOUT, timeouts.read);
  set(handle, MYSQL_OPT_WRITE_TIMEOUT, timeouts.write);
  const unsigned off = 0;
  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &off);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const char* const database = address.database.empty() ? nullptr : address.database.c_str();
  const bool by_socket = !address.unix_socket.empty();
  // "localhost" would silently mean the default socket: a TCP address stays TCP.
  const unsigned protocol = by_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
  if (!mysql_real_connect(handle, address.host.c_str(), address.user.c_str(),
                          address.password.c_str(), database, address.port,
                          by_socket ? address.unix_socket.c_str() : nullptr, 0))
    return connection.failure();
  return connection;
}

Result<void> Connection::send(std::string_view statement) {
  if (dead_) return dead();
  if (mysql_real_query(handle_.get(), statement.data(), statement.size()) != 0) return failure();
  return {};
}

template <class Ask>
std::invoke_result_t<Ask> Connection::hooked(std::string_view statement, const Ask& ask) {
  auto* const hook = core::command_hook();
  if (!hook || dead_) return ask();
  hook->before({core::Server::mysql, first_word(statement), {&statement, 1}});
  auto result = ask();
  if (hook->hears_answers()) hook->answered(result ? described(*result) : result.error().text);
  return result;
}

Result<std::int64_t> Connection::execute(std::string_view statement) {
  return hooked(statement, [&] { return run(statement); });
}

Result<std::vector<Row>> Connection::query(std::string_view statement) {
  return hooked(statement, [&] { return fetch(statement); });
}

Result<std::int64_t> Connection::stream(std::string_view statement,
                                        const std::function<void(const Row&)>& take) {
  return hooked(statement, [&] { return fetch(statement, take); });
}

Result<std::int64_t> Connection::run(std::string_view statement) {
  if (auto sent = send(statement); !sent) return sent.error();
  if (mysql_field_count(handle_.get()) != 0) {
    // A statement with rows: read them off, or the next statement would be out of step.
    const core::Handle<MYSQL_RES, mysql_free_result> rows(mysql_store_result(handle_.get()));
    if (!rows) return failure();
  }
  return static_cast<std::int64_t>(mysql_affected_rows(handle_.get()));
}

Result<std::vector<Row>> Connection::fetch(std::string_view statement) {
  if (auto sent = send(statement); !sent) return sent.error();
  const core::Handle<MYSQL_RES, mysql_free_result> result(mysql_store_result(handle_.get()));
  if (!result) {
    if (mysql_errno(handle_.get()) != 0) return failure();
    return std::vector<Row>{};
  }
  std::vector<Row> rows;
  while (MYSQL_ROW fields = mysql_fetch_row(result.get()))
    rows.push_back(read_row(result.get(), fields));
  return rows;
}

Result<std::int64_t> Connection::fetch(std::string_view statement,
                                       const std::function<void(const Row&)>& take) {
  if (auto sent = send(statement); !sent) return sent.error();
  const core::Handle<MYSQL_RES, mysql_free_result> result(mysql_use_result(handle_.get()));
  if (!result) return failure();
  std::int64_t rows = 0;
  for (; MYSQL_ROW fields = mysql_fetch_row(result.get()); ++rows)
    take(read_row(result.get(), fields));
  if (mysql_errno(handle_.get()) != 0) return failure();
  return rows;
}

Result<std::int64_t> Connection::query_integer(std::string_view statement) {
  const auto rows = query(statement);
  if (!rows) return rows.error();
  std::int64_t value = 0;
  if (rows->size() == 1 && rows->front().size() == 1 && rows->front().front()) {
    const auto& text = *rows->front().front();
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc{} && read.ptr == text.data() + text.size()) return value;
  }
  return Error{
      Fault::refused, {}, name_ + ": expected one integer from: " + std::string(statement)};
}

void Connection::execute_last(std::string_view statement) noexcept {
  try {
    static_cast<void>(execute(statement));
  } catch (...) {
    dead_ = true;
    handle_.reset();
  }
}

Error Connection::dead() const {
  return {Fault::unreachable, {}, name_ + ": the connection was given up"};
}

Error Connection::failure() {
  const unsigned number = mysql_errno(handle_.get());
  const auto code = code_of(number);
  const bool cannot_connect = number == CR_CONNECTION_ERROR || number == CR_CONN_HOST_ERROR;
  const auto fault = fault_of(code);
  dead_ = dead_ || core::ends_connection(fault);
  return {fault, code,
          fmt::format("{}: {} (error {})", name_,
                      cannot_connect ? connect_text(mysql_error(handle_.get()))
                                     : std::string(mysql_error(handle_.get())),
                      number)};
}

}  // namespace couponctl::mysql
