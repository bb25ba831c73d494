#include "cli/command_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/handle.h"
#include "support/temporary_directory.h"

namespace couponctl::cli {
namespace {

using namespace std::chrono_literals;
using core::Exit;

struct Options {
  std::int64_t threads = 32;
  double rate = 0.5;
  std::chrono::milliseconds timeout = 5s;
  std::string ack = "ledger";
  std::vector<std::string> strategies = {"naive"};
  bool yes = false;
  std::string name;
  std::int64_t quota = 100;
};

struct Ran {
  Exit exit;
  std::string out;
  std::string err;
  Options options;
};

std::string content(std::FILE* file) {
  std::rewind(file);
  std::string text;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  return text;
}

// A race command that takes one option of each kind, run in an empty directory.
class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    environment_.directory = directory_;
    environment_.system_config = directory_ / "etc.toml";
    environment_.variables["XDG_CONFIG_HOME"] = directory_;
  }

  std::string write(const std::string& name, const std::string& text) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    return path;
  }

  Ran run(const std::vector<std::string>& arguments) {
    const core::Handle<std::FILE, std::fclose> out(std::tmpfile());
    const core::Handle<std::FILE, std::fclose> err(std::tmpfile());
    environment_.out = out.get();
    environment_.err = err.get();
    CommandLine line(environment_);
    Options options;
    line.command("race", "Race the strategies")
        .example("couponctl race --threads 4", "four threads")
        .integer("threads", options.threads, 1, 1024, "Workers that ask at once")
        .number("rate", options.rate, 0, 20'000, "Requests a second")
        .duration("timeout", options.timeout, 1ms, 1h, "Longest wait of one request")
        .choice("ack", options.ack, {"redis", "kafka", "ledger"}, "What must be durable")
        .list("strategy", options.strategies, "Which to race")
        .flag("yes", options.yes, "Do not ask")
        .positional("name", options.name, false, "`NAME` of the run")
        .run([this](const Context& context) { return body_(context); });
    auto& open = line.command("campaign", "Campaigns").subcommand("open", "Open one");
    open.integer("quota", options.quota, 1, 1'000'000'000, "Coupons").required().top_level();
    open.run([](const Context&) { return Exit::ok; });
    line.command("secretive", "Never shown").hidden().run([](const Context&) { return Exit::ok; });
    const auto exit = line.run(arguments);
    return {exit, content(out.get()), content(err.get()), options};
  }

  // What `race` with these arguments complains of.
  std::string complaint(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "race");
    const auto ran = run(arguments);
    EXPECT_EQ(ran.exit, Exit::usage) << ran.err;
    EXPECT_EQ(ran.out, "");
    return ran.err;
  }

  const test::TemporaryDirectory made_;
  const std::filesystem::path directory_ = made_.path();
  Environment environment_;
  std::function<Exit(const Context&)> body_ = [](const Context&) { return Exit::ok; };
};

TEST_F(CommandLineTest, SetsOptionsOfEveryKind) {
  const auto ran = run({"race", "--threads", "4", "--rate=20000", "--timeout", "250ms", "--ack",
                        "redis", "--strategy", "a,b", "--strategy", "c", "--yes", "first"});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_EQ(ran.options.threads, 4);
  EXPECT_EQ(ran.options.rate, 20'000);
  EXPECT_EQ(ran.options.timeout, 250ms);
  EXPECT_EQ(ran.options.ack, "redis");
  EXPECT_EQ(ran.options.strategies, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(ran.options.yes);
  EXPECT_EQ(ran.options.name, "first");
}

TEST_F(CommandLineTest, KeepsDefaultsOfWhatIsNotSet) {
  const auto ran = run({"race"});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_EQ(ran.options.threads, 32);
  EXPECT_EQ(ran.options.strategies, std::vector<std::string>{"naive"});
}

TEST_F(CommandLineTest, StrongerPlaceWins) {
  const std::filesystem::path stack = write("stack.toml", "[race]\nthreads = 7\n");
  environment_.stack_config = [stack] { return std::optional(stack); };
  EXPECT_EQ(run({"race"}).options.threads, 7);
  write("etc.toml", "[race]\nthreads = 1\nack = \"redis\"\n");
  EXPECT_EQ(run({"race"}).options.threads, 1);
  write("couponctl/config.toml", "[race]\nthreads = 2\n");
  EXPECT_EQ(run({"race"}).options.threads, 2);
  write("couponctl.toml", "[race]\nthreads = 3\n");
  EXPECT_EQ(run({"race"}).options.threads, 3);
  const auto named = write("named.toml", "[race]\nthreads = 4\n");
  EXPECT_EQ(run({"race", "--config", named}).options.threads, 4);
  environment_.variables["COUPONCTL_CONFIG"] = named;
  EXPECT_EQ(run({"race"}).options.threads, 4);
  environment_.variables["COUPONCTL_RACE_THREADS"] = "5";
  EXPECT_EQ(run({"race"}).options.threads, 5);
  const auto ran = run({"race", "--threads", "6"});
  EXPECT_EQ(ran.options.threads, 6);
  EXPECT_EQ(ran.options.ack, "redis");  // only the weakest place says anything about it
}

TEST_F(CommandLineTest, NamedFileReplacesTheOneInTheDirectory) {
  write("couponctl.toml", "[race]\nack = \"redis\"\n");
  const auto named = write("named.toml", "[race]\nthreads = 4\n");
  EXPECT_EQ(run({"race", "--config", named}).options.ack, "ledger");
}

TEST_F(CommandLineTest, TellsCommandsWhereAValueCameFrom) {
  write("couponctl.toml", "\nredis = \"10.0.0.5\"\n");
  environment_.variables["COUPONCTL_KAFKA"] = "k:1";
  std::vector<Source> sources;
  std::string where;
  body_ = [&](const Context& context) {
    for (const auto* option : {"mysql", "redis", "kafka", "threads"})
      sources.push_back(context.origin(option).source);
    where = context.origin("redis").where;
    EXPECT_EQ(context.globals.servers().redis.host, "10.0.0.5");
    EXPECT_FALSE(context.look.colour);
    return Exit::ok;
  };
  EXPECT_EQ(run({"race", "--threads", "2"}).exit, Exit::ok);
  EXPECT_EQ(sources, (std::vector<Source>{Source::initial, Source::file, Source::environment,
                                          Source::flag}));
  EXPECT_EQ(where, (directory_ / "couponctl.toml").string() + ":2");
}

TEST_F(CommandLineTest, RefusesValuesThatAreNotExactlyRight) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> bad = {
      {"--threads",
       {"0", "1025", "-1", "010", "0x10", "1e3", "+5", " 5", "", "１２", "1;DROP",
        "18446744073709551616", std::string(65536, '9')}},
      {"--rate", {"nan", "inf", "-1", "0x1p3", "", "1e3"}},
      {"--timeout", {"0", "-5", "99999999s", "5", "", "5d"}},
      {"--ack", {"quorum", "", "REDIS"}},
      {"--strategy", {"", "a,,b", ","}},
      {"--yes", {"maybe", "1"}},
  };
  for (const auto& [flag, values] : bad)
    for (const auto& value : values) {
      const auto error = flag == "--yes" || value.empty() ? complaint({flag + "=" + value})
                                                          : complaint({flag, value});
      EXPECT_EQ(error.find("couponctl race: " + flag + " "), 0) << error;
      EXPECT_LT(error.size(), 200U);
    }
}

TEST_F(CommandLineTest, NamesFlagValueAndRange) {
  EXPECT_EQ(complaint({"--threads", "0"}),
            "couponctl race: --threads must be 1..1024 (got \"0\": out of range)\n");
  EXPECT_EQ(complaint({"--ack", "quorum"}),
            "couponctl race: --ack must be one of redis, kafka, ledger (got \"quorum\")\n");
}

TEST_F(CommandLineTest, NamesTheVariable) {
  environment_.variables["COUPONCTL_RACE_THREADS"] = "-5";
  EXPECT_EQ(complaint({}),
            "couponctl: COUPONCTL_RACE_THREADS must be 1..1024 (got \"-5\": out of range)\n");
}

TEST_F(CommandLineTest, TopLevelOptionNeedsNoSection) {
  environment_.variables["COUPONCTL_QUOTA"] = "-5";
  EXPECT_EQ(run({"campaign", "open"}).err,
            "couponctl: COUPONCTL_QUOTA must be 1..1000000000 (got \"-5\": out of range)\n");
  environment_.variables.clear();
  write("couponctl.toml", "quota = 7\n");
  EXPECT_EQ(run({"campaign", "open"}).options.quota, 7);
}

TEST_F(CommandLineTest, AsksForWhatIsRequired) {
  const auto ran = run({"campaign", "open"});
  EXPECT_EQ(ran.exit, Exit::usage);
  EXPECT_EQ(ran.err,
            "couponctl campaign open: --quota is missing: Coupons. "
            "See \"couponctl campaign open --help\"\n");
}

TEST_F(CommandLineTest, RefusesWordsThatNothingTakes) {
  EXPECT_EQ(complaint({"--thread", "4"}),
            "couponctl race: unknown option '--thread'. Did you mean '--threads'?\n");
  EXPECT_EQ(complaint({"one", "two"}),
            "couponctl race: unexpected argument 'two'. See \"couponctl race --help\"\n");
  EXPECT_EQ(complaint({"--threads", "1", "--threads", "2"}),
            "couponctl race: --threads is given 2 times\n");
  EXPECT_EQ(complaint({"--topic", "--yes"}),
            "couponctl race: --topic needs a value: '--yes' looks like a flag\n");
  EXPECT_EQ(complaint({"--threads"}), "couponctl race: --threads needs a value\n");
  EXPECT_EQ(run({"rcae"}).err, "couponctl: unknown command 'rcae'. Did you mean 'race'?\n");
  EXPECT_EQ(run({"secretiv"}).err,
            "couponctl: unknown command 'secretiv'. See \"couponctl --help\"\n");
  EXPECT_EQ(run({"--threads", "4", "race"}).err,
            "couponctl race: --threads belongs behind the command's name\n");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"campaign"},
                                                    {"campaign", "shut"},
                                                    {"race", "campaign", "open"}})
    EXPECT_EQ(run(arguments).exit, Exit::usage);
}

TEST_F(CommandLineTest, TakesACommandsNameAsAnArgument) {
  EXPECT_EQ(run({"race", "campaign"}).options.name, "campaign");
}

TEST_F(CommandLineTest, TakesGlobalFlagsOnBothSidesOfTheCommand) {
  EXPECT_EQ(run({"--output", "json", "race"}).exit, Exit::ok);
  EXPECT_EQ(run({"race", "--output", "json"}).exit, Exit::ok);
}

TEST_F(CommandLineTest, EscapesControlCharactersInErrors) {
  const auto error = complaint({"--\x1b[31mred\n"});
  EXPECT_EQ(error.find('\x1b'), std::string::npos);
  EXPECT_EQ(error.find('\n'), error.size() - 1);
}

TEST_F(CommandLineTest, NamesFileLineAndColumn) {
  const auto path = (directory_ / "couponctl.toml").string();
  const auto file_complaint = [&](const std::string& text) {
    write("couponctl.toml", text);
    auto error = complaint({});
    EXPECT_EQ(error.find(path), 0) << error;
    return error.substr(std::min(path.size(), error.size()));
  };
  EXPECT_EQ(file_complaint("[race]\nthreads = 0\n"),
            ":2:1: race.threads must be 1..1024 (got \"0\": out of range)\n");
  EXPECT_EQ(file_complaint("[race]\n\n thread = 1\n"),
            ":3:2: unknown key 'race.thread'. Did you mean 'race.threads'?\n");
  EXPECT_EQ(file_complaint("[rase]\n"), ":1:2: unknown section 'rase'. Did you mean 'race'?\n");
  EXPECT_EQ(file_complaint("[race]\nthreads = \"4\"\n"),
            ":2:1: race.threads must be an integer, not a string\n");
  EXPECT_EQ(file_complaint("[race]\ntimeout = 5\n"),
            ":2:1: race.timeout must be a string, not an integer\n");
  EXPECT_EQ(file_complaint("[race]\nname = \"x\"\n").find(":2:1: unknown key 'race.name'"), 0);
  EXPECT_EQ(file_complaint("config = \"x\"\n").find(":1:1: unknown key 'config'"), 0);
  for (const auto* text :
       {"redis = yes\n", "redis =\n", "redis = \"a\"\nredis = \"b\"\n", "redis = 1\n", "[[race]]\n",
        "[race.x]\n", "redis = [\"a\"]\n", "[race]\nrate = nan\n", "\xEF\xBB\xBFredis = \"h\"\n",
        "redis = \"\xff\"\n", "[race]\nyes = 1\n", "[race]\nstrategy = [1]\n", "redis = \"\"\n"})
    EXPECT_EQ(file_complaint(text).find(':'), 0) << text;
  using namespace std::string_literals;
  file_complaint("redis = \"a\0b\"\n"s);
  file_complaint("# " + std::string(4096, 'x') + "\n");
}

TEST_F(CommandLineTest, ReadsFilesWithWindowsLineEnds) {
  write("couponctl.toml", "[race]\r\nthreads = 9\r\nstrategy = [\"a\", \"b\"]\r\nyes = true\r\n");
  const auto ran = run({"race"});
  EXPECT_EQ(ran.options.threads, 9) << ran.err;
  EXPECT_EQ(ran.options.strategies, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(ran.options.yes);
}

TEST_F(CommandLineTest, WarnsOfVariablesThatNothingReads) {
  environment_.variables["COUPONCTL_RACE_THREAD"] = "4";
  const auto ran = run({"race"});
  EXPECT_EQ(ran.exit, Exit::ok);
  EXPECT_EQ(ran.err,
            "couponctl: warning: nothing reads the variable COUPONCTL_RACE_THREAD. "
            "Did you mean 'COUPONCTL_RACE_THREADS'?\n");
}

TEST_F(CommandLineTest, GuessesTheCommandOfAKnobThatLacksIt) {
  environment_.variables["COUPONCTL_THREADS"] = "4";
  EXPECT_EQ(run({"race"}).err,
            "couponctl: warning: nothing reads the variable COUPONCTL_THREADS. "
            "Did you mean 'COUPONCTL_RACE_THREADS'?\n");
  environment_.variables.clear();
  const auto path = write("couponctl.toml", "threads = 4\n");
  EXPECT_EQ(complaint({}), path + ":1:1: unknown key 'threads'. Did you mean 'race.threads'?\n");
}

TEST_F(CommandLineTest, NamesThePlaceThatAValueIsFrom) {
  std::string called;
  body_ = [&](const Context& context) {
    called = context.called("threads");
    return Exit::ok;
  };
  run({"race"});
  EXPECT_EQ(called, "--threads");
  const auto path = write("couponctl.toml", "[race]\nthreads = 4\n");
  run({"race"});
  EXPECT_EQ(called, "race.threads in " + path + ":2");
  environment_.variables["COUPONCTL_RACE_THREADS"] = "5";
  run({"race"});
  EXPECT_EQ(called, "COUPONCTL_RACE_THREADS");
  run({"race", "--threads", "6"});
  EXPECT_EQ(called, "--threads");
}

TEST_F(CommandLineTest, TakesShortFlags) {
  body_ = [](const Context& context) {
    context.note("a note");
    context.warn("a warning");
    EXPECT_EQ(context.globals.output, "json");
    throw core::Failure(Exit::runtime, "an error");
    return Exit::ok;
  };
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"race", "-q", "-o", "json"},
        {"race", "-qojson"},
        {"-q", "race", "-ojson"}})
    EXPECT_EQ(
        run(arguments).err,
        R"({"schema_version":1,"error":{"code":1,"message":"couponctl race: an error","mend":""}})"
        "\n");
  EXPECT_EQ(complaint({"--topic", "-q"}),
            "couponctl race: --topic needs a value: '-q' looks like a flag\n");
  const auto version = run({"--version"}).out;
  EXPECT_EQ(run({"-V"}).out, version);
  EXPECT_EQ(run({"version"}).out, version);
}

TEST_F(CommandLineTest, WarningsAndComplaintsAreJsonToo) {
  body_ = [](const Context& context) {
    context.warn("hm \x1b[2J");
    context.complain(Exit::runtime, "no", "mend it");
    return Exit::ok;
  };
  EXPECT_EQ(run({"race"}).err,
            "couponctl race: warning: hm \\x1b[2J\ncouponctl race: no. mend it\n");
  EXPECT_EQ(
      run({"race", "--output", "json"}).err,
      R"({"schema_version":1,"warning":{"message":"hm \\x1b[2J"}})"
      "\n"
      R"({"schema_version":1,"error":{"code":1,"message":"couponctl race: no","mend":"mend it"}})"
      "\n");
}

TEST_F(CommandLineTest, NoByteOfAMessageSteersTheTerminal) {
  body_ = [](const Context& context) -> Exit {
    context.note("two\nlines\x1b[2J\x9b");
    throw core::Failure(Exit::runtime, "the server said \x1b]0;x\x07.", "Mend\rit");
  };
  EXPECT_EQ(run({"race"}).err,
            "two\nlines\\x1b[2J\\x9b\n"
            "couponctl race: the server said \\x1b]0;x\\x07. Mend\\x0dit\n");
}

TEST_F(CommandLineTest, ShowsHelpOnStderrWhereNothingWasAskedFor) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{}, {"campaign"}}) {
    const auto ran = run(arguments);
    EXPECT_EQ(ran.exit, Exit::usage);
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find("Usage: couponctl"), std::string::npos);
    EXPECT_NE(ran.err.find("a command is missing: one of"), std::string::npos);
  }
}

TEST_F(CommandLineTest, ExplainsTopics) {
  EXPECT_EQ(run({"help", "exit-codes"}).out.find("Exit codes:"), 0U);
  EXPECT_NE(run({"help", "environment"}).out.find("COUPONCTL_RACE_THREADS"), std::string::npos);
  EXPECT_EQ(run({"help", "config"}).exit, Exit::usage);  // no such command in this tree
}

TEST_F(CommandLineTest, LooksAsTheScreenCan) {
  report::Look look;
  body_ = [&](const Context& context) {
    look = context.look;
    context.print("✓ exact\n");
    return Exit::ok;
  };
  EXPECT_EQ(run({"race"}).out, "✓ exact\n");
  EXPECT_FALSE(look.colour);
  EXPECT_EQ(look.width_max, 0);
  environment_.variables["COLUMNS"] = "40";
  environment_.variables["LANG"] = "ko_KR.UTF-8";
  environment_.variables["LC_ALL"] = "C";
  environment_.variables["FORCE_COLOR"] = "1";
  EXPECT_EQ(run({"race"}).out, "ok exact\n");
  EXPECT_EQ(run({"race", "--output", "csv"}).out, "✓ exact\n");  // a program reads it
  EXPECT_TRUE(look.colour);
  EXPECT_EQ(look.width_max, 0);  // no terminal
  environment_.variables["LC_ALL"] = "en_US.utf8";
  environment_.variables["NO_COLOR"] = "1";
  EXPECT_EQ(run({"race"}).out, "✓ exact\n");
  EXPECT_FALSE(look.colour);
}

TEST_F(CommandLineTest, TurnsExceptionsIntoExitCodes) {
  body_ = [](const Context&) -> Exit {
    throw core::Failure(Exit::unreachable, "cannot reach Redis at h:1: refused", "Start it");
  };
  auto ran = run({"race"});
  EXPECT_EQ(ran.exit, Exit::unreachable);
  EXPECT_EQ(ran.err, "couponctl race: cannot reach Redis at h:1: refused. Start it\n");
  body_ = [](const Context&) -> Exit { throw std::runtime_error("odd"); };
  ran = run({"race"});
  EXPECT_EQ(ran.exit, Exit::runtime);
  EXPECT_EQ(ran.err, "couponctl race: odd\n");
  body_ = [](const Context&) { return Exit::threshold; };
  EXPECT_EQ(run({"race"}).exit, Exit::threshold);
}

TEST_F(CommandLineTest, ErrorIsJsonWhereJsonWasAskedFor) {
  write("couponctl.toml", "output = \"json\"\n");
  body_ = [](const Context&) -> Exit { throw core::Failure(Exit::refused, "no", "Pass --yes"); };
  const auto error = nlohmann::json::parse(run({"race"}).err);
  EXPECT_EQ(error["schema_version"], 1);
  EXPECT_EQ(error["error"]["code"], 7);
  EXPECT_EQ(error["error"]["message"], "couponctl race: no");
  EXPECT_EQ(error["error"]["mend"], "Pass --yes");
  // The parser's own error too, before any file is read.
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"rcae", "--output", "json"}, {"--output=json", "race", "--\xff"}})
    EXPECT_EQ(nlohmann::json::parse(run(arguments).err)["error"]["code"], 2);
}

TEST_F(CommandLineTest, HelpShowsExamplesFirstAndIsNotHinderedByABrokenFile) {
  write("couponctl.toml", "broken");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"race", "--help"}, {"race", "-h"}, {"help", "race"}}) {
    const auto ran = run(arguments);
    EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
    const auto example = ran.out.find("couponctl race --threads 4");
    const auto option = ran.out.find(
        "  --threads N               Workers that ask at once "
        "(1..1024; default 32)\n");
    EXPECT_NE(option, std::string::npos) << ran.out;
    EXPECT_LT(example, option);
    EXPECT_NE(ran.out.find("Usage: couponctl race [NAME] [options]\n"), std::string::npos);
  }
  EXPECT_EQ(run({"--help"}).out.find("secretive"), std::string::npos);
}

TEST_F(CommandLineTest, ReadsPasswordsFromFiles) {
  std::string password;
  body_ = [&](const Context& context) {
    password = context.globals.mysql_password;
    return Exit::ok;
  };
  const auto file = write("secret", "p w\n");
  EXPECT_EQ(run({"race", "--mysql-password-file", file}).err, "");
  EXPECT_EQ(password, "p w");
  environment_.variables["CREDENTIALS_DIRECTORY"] = directory_;
  write("mysql-password", "from systemd");
  run({"race"});
  EXPECT_EQ(password, "from systemd");
  environment_.variables["COUPONCTL_MYSQL_PASSWORD"] = "plain";
  run({"race"});
  EXPECT_EQ(password, "plain");
  environment_.variables["COUPONCTL_MYSQL_PASSWORD_FILE"] = file;
  run({"race"});
  EXPECT_EQ(password, "p w");
  write("couponctl.toml", "mysql-password = \"weakest\"\n");
  run({"race"});
  EXPECT_EQ(password, "p w");
}

TEST_F(CommandLineTest, GivesKafkasPasswordToLibrdkafkaAndToNobodyElse) {
  kafka::Settings properties;
  body_ = [&](const Context& context) {
    properties = context.globals.servers().kafka.properties;
    return Exit::ok;
  };
  run({"race", "--kafka-property", "sasl.username=shop"});
  EXPECT_EQ(properties, (kafka::Settings{{"sasl.username", "shop"}}));
  const auto file = write("secret", "p w\n");
  run({"race", "--kafka-property", "sasl.username=shop", "--kafka-password-file", file});
  EXPECT_EQ(properties, (kafka::Settings{{"sasl.username", "shop"}, {"sasl.password", "p w"}}));
  EXPECT_NO_THROW(kafka::make_config(properties));
  environment_.variables["COUPONCTL_KAFKA_PASSWORD"] = "plain";
  run({"race"});
  EXPECT_EQ(properties, (kafka::Settings{{"sasl.password", "plain"}}));
}

TEST_F(CommandLineTest, APasswordIsNoFlag) {
  EXPECT_NE(complaint({"--mysql-password", "hunter2"}).find("unknown option '--mysql-password'"),
            std::string::npos);
}

}  // namespace
}  // namespace couponctl::cli
