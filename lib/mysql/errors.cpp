#include "mysql/errors.h"

#include <errmsg.h>

namespace couponctl::mysql {
namespace {

using core::Domain;

// A number without a name in one of the two servers stands as it is, with its name beside it.
ErrorClass classify_server(int number) {
  switch (number) {
    case 1062:
      return ErrorClass::duplicate_key;

    case 1048:  // a column that must not be NULL is
    case 1153:  // packet too large
    case 1264:  // out of range
    case 1292:  // not a date, not a number
    case 1300:  // invalid characters
    case 1364:  // no value and no default
    case 1366:  // incorrect value
    case 1406:  // too long
    case 1452:  // foreign key: no such parent
    case 3819:  // CHECK, MySQL
    case 4025:  // CHECK, MariaDB
      return ErrorClass::bad_row;

    case 1044:  // no right to the database
    case 1045:  // wrong user or password
    case 1049:  // unknown database
    case 1054:  // unknown column
    case 1064:  // syntax
    case 1142:  // no right to the table
    case 1143:  // no right to the column
    case 1146:  // unknown table
    case 1193:  // unknown variable
      return ErrorClass::setup;

    case 1020:  // the row changed since it was read: a deadlock's kin
    case 1205:  // lock wait
    case 1213:  // deadlock
      return ErrorClass::lock;

    case 1021:  // disk full
    case 1026:  // cannot write to a file
    case 1030:  // error of the storage engine
    case 1037:  // out of memory
    case 1041:  // out of memory
    case 1114:  // table full
      return ErrorClass::full;

    case 1053:  // the server is shutting down
    case 1077:  // it has shut down
    case 1290:  // read-only
    case 1836:  // read-only
    case 1927:  // connection killed, MariaDB
    case 4031:  // idle for too long, MySQL
      return ErrorClass::connection;
  }
  return ErrorClass::transient;
}

// TLS trouble (2026) breaks the connection as all others do: at the first connect the caller gives
// up anyway, later a certificate may be under renewal.
ErrorClass classify_client(int number) {
  switch (number) {
    case CR_NET_PACKET_TOO_LARGE:
      return ErrorClass::bad_row;

    case 2049:                        // the password is stored in a way too old
    case CR_AUTH_PLUGIN_CANNOT_LOAD:  // the client lacks the server's way to log in
    case CR_AUTH_PLUGIN_ERR:          // that way failed
      return ErrorClass::setup;
  }
  return ErrorClass::connection;
}

}  // namespace

ErrorClass classify(const core::Error& error) {
  switch (error.code.domain) {
    case Domain::mysql_server:
      return classify_server(error.code.value);
    case Domain::mysql_client:
      return classify_client(error.code.value);
    default:
      return core::ends_connection(error.fault) ? ErrorClass::connection : ErrorClass::transient;
  }
}

bool is(const core::Error& error, int server_number) {
  return error.code == core::Code{Domain::mysql_server, server_number};
}

core::Code code_of(unsigned number) {
  bool is_client = number >= CR_MIN_ERROR && number <= 2999;
#ifdef CER_MIN_ERROR  // MariaDB's library has a second range
  is_client = is_client || (number >= CER_MIN_ERROR && number <= CER_MAX_ERROR);
#endif
  return {is_client ? Domain::mysql_client : Domain::mysql_server, static_cast<int>(number)};
}

}  // namespace couponctl::mysql
