// Says what an error number of MySQL or MariaDB means for what was being done.
#pragma once

#include "core/result.h"

namespace couponctl::mysql {

enum class ErrorClass {
  duplicate_key,  // 1062: which key it was decides what it means
  bad_row,        // the row's own fault: trying again cannot help
  setup,          // rights, schema, configuration: a person has to mend it
  lock,           // deadlock or lock wait: roll back, again at once
  connection,     // it broke, or the server refuses writes: connect anew, then again
  full,           // disk or table full: again later, and tell somebody at once
  transient,      // everything else: roll back, wait, again
};

// Without a number of MySQL's it depends on whether the connection is dead.
ErrorClass classify(const core::Error& error);

// Whether the server itself gave that number: one of mysqld_error.h.
bool is(const core::Error& error, int server_number);

// Whose number it is: the library's own are those of errmsg.h.
core::Code code_of(unsigned number);

}  // namespace couponctl::mysql
