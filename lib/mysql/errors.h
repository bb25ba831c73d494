// Says what an error number of MySQL or MariaDB means for what was being done.
#pragma once

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

ErrorClass classify(int code);

}  // namespace couponctl::mysql
