// `couponctl worker`: one of several processes that ask, for `bench --processes`.
#include "couponctl/commands.h"
#include "race/storm.h"

namespace couponctl::cmd {

void add_worker(cli::CommandLine& line) {
  line.command("worker", "Ask for coupons for another process").hidden().run([](const auto&) {
    race::serve_storm();
    return core::Exit::ok;
  });
}

}  // namespace couponctl::cmd
