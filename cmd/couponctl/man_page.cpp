// `couponctl man-page`: prints the manual page, for those who make a package.
#include "cli/man_page.h"

#include <fmt/format.h>

#include "couponctl/commands.h"

namespace couponctl::cmd {

void add_man_page(cli::CommandLine& line) {
  line.command("man-page", "Print couponctl(1), for man")
      .hidden()
      .run([&root = line.root()](const cli::Context& context) {
        fmt::print(context.out, "{}", cli::man_page(root));
        return core::Exit::ok;
      });
}

}  // namespace couponctl::cmd
