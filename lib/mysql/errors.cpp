#include "mysql/errors.h"

#include <errmsg.h>

namespace couponctl::mysql {

// A number without a name in one of the two servers stands as it is, with its name beside it.
ErrorClass classify(int code) {
  switch (code) {
    case 1062:
      return ErrorClass::duplicate_key;

    case 1048:                     // a column that must not be NULL is
    case 1153:                     // packet too large, says the server
    case CR_NET_PACKET_TOO_LARGE:  // and the client
    case 1264:                     // out of range
    case 1292:                     // not a date, not a number
    case 1300:                     // invalid characters
    case 1364:                     // no value and no default
    case 1366:                     // incorrect value
    case 1406:                     // too long
    case 1452:                     // foreign key: no such parent
    case 3819:                     // CHECK, MySQL
    case 4025:                     // CHECK, MariaDB
      return ErrorClass::bad_row;

    case 1044:                        // no right to the database
    case 1045:                        // wrong user or password
    case 1049:                        // unknown database
    case 1054:                        // unknown column
    case 1064:                        // syntax
    case 1142:                        // no right to the table
    case 1143:                        // no right to the column
    case 1146:                        // unknown table
    case 1193:                        // unknown variable
    case 2049:                        // the password is stored in a way too old
    case CR_AUTH_PLUGIN_CANNOT_LOAD:  // the client lacks the server's way to log in
    case CR_AUTH_PLUGIN_ERR:          // that way failed
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
  // The client's own numbers. TLS trouble (2026) is among them: at the first connect the caller
  // gives up anyway, later a certificate may be under renewal.
  return code >= CR_MIN_ERROR && code <= 2999 ? ErrorClass::connection : ErrorClass::transient;
}

}  // namespace couponctl::mysql
