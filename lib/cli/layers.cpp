#include "cli/layers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <iterator>

#include "cli/config_file.h"
#include "cli/usage_error.h"

namespace couponctl::cli {
namespace {

using Type = FileEntry::Type;
using Options = std::vector<Option*>;

std::string type_name(Type type) {
  switch (type) {
    case Type::section:
      return "a section";
    case Type::string:
      return "a string";
    case Type::integer:
      return "an integer";
    case Type::number:
      return "a fraction";
    case Type::boolean:
      return "true or false";
    case Type::strings:
      return "an array of strings";
    case Type::other:
      break;
  }
  return "something else";
}

std::vector<Type> fitting_types(Kind kind) {
  switch (kind) {
    case Kind::integer:
      return {Type::integer};
    case Kind::number:
      return {Type::number, Type::integer};
    case Kind::flag:
      return {Type::boolean};
    case Kind::list:
      return {Type::strings, Type::string};
    case Kind::duration:
    case Kind::choice:
    case Kind::text:
      break;
  }
  return {Type::string};
}

// The path with the line, without the column: what `config show` names.
std::string line_of(const FileEntry& entry) {
  return entry.position.substr(0, entry.position.rfind(':'));
}

std::vector<std::string> file_names(const Options& options, std::string (*name)(const Option&)) {
  std::vector<std::string> names;
  for (const auto* option : options)
    if (option->in_files) names.push_back(name(*option));
  return names;
}

// For a known knob without its command: "Did you mean 'bench.seed' or 'explore.seed'?", else what
// is nearest.
std::string suggest_knob(std::string_view word, const std::vector<std::string>& same_knob,
                         const std::vector<std::string>& all) {
  if (same_knob.empty()) return suggest(word, all);
  std::vector<std::string> names;
  std::ranges::transform(same_knob, std::back_inserter(names), name_it);
  return fmt::format("Did you mean {}?", fmt::join(names, " or "));
}

void check_section(const Options& options, const FileEntry& entry) {
  const auto sections = file_names(options, [](const Option& option) { return option.section; });
  if (std::ranges::find(sections, entry.section) == sections.end())
    throw UsageError("",
                     fmt::format("{}: unknown section {}", entry.position, name_it(entry.section)),
                     suggest(entry.section, sections));
}

void lay_entry(const Options& options, const FileEntry& entry) {
  const auto key = entry.section.empty() ? entry.name : entry.section + "." + entry.name;
  bool known = false;
  for (auto* option : options) {
    if (!option->in_files || option->key() != key) continue;
    known = true;
    const auto types = fitting_types(option->kind);
    if (std::ranges::find(types, entry.type) == types.end())
      throw UsageError("", fmt::format("{}: {} must be {}, not {}", entry.position, key,
                                       type_name(types.front()), type_name(entry.type)));
    // [] names nothing, which is what holds without it.
    if (entry.type == Type::strings && entry.text.empty()) return;
    if (const auto set = option->set(entry.text, {Source::file, line_of(entry)}); !set)
      throw UsageError("", fmt::format("{}: {} {}", entry.position, key, set.error().text));
  }
  if (known) return;
  std::vector<std::string> same_knob;
  for (const auto* option : options)
    if (option->in_files && option->name == key) same_knob.push_back(option->key());
  throw UsageError("", fmt::format("{}: unknown key {}", entry.position, name_it(key)),
                   suggest_knob(key, same_knob, file_names(options, [](const Option& option) {
                                  return option.key();
                                })));
}

void lay_file(const Options& options, const ConfigFile& file) {
  for (const auto& entry : file.entries)
    entry.type == Type::section ? check_section(options, entry) : lay_entry(options, entry);
  for (const auto* option : options)
    if (option->secret && file.others_can_read && option->origin.where.starts_with(file.path + ":"))
      throw UsageError("couponctl",
                       fmt::format("{}: holds {} and others can read it", file.path, option->key()),
                       fmt::format("Run \"chmod 600 {}\"", file.path));
}

std::optional<std::filesystem::path> user_config(const Environment& environment) {
  const auto base = environment.variable("XDG_CONFIG_HOME");
  // The XDG specification: a relative path is to be ignored.
  if (base && base->starts_with('/')) return std::filesystem::path(*base) / "couponctl/config.toml";
  const auto home = environment.variable("HOME");
  if (home && home->starts_with('/'))
    return std::filesystem::path(*home) / ".config/couponctl/config.toml";
  return std::nullopt;
}

void lay_files(const Options& options, const std::string& named, const Environment& environment) {
  std::vector<std::filesystem::path> paths;
  if (auto stack = environment.stack_config()) paths.push_back(*std::move(stack));
  paths.push_back(environment.system_config);
  if (auto user = user_config(environment)) paths.push_back(*std::move(user));
  if (named.empty()) paths.push_back(environment.directory / "couponctl.toml");
  for (const auto& path : paths)
    if (const auto file = read_config_file(path)) lay_file(options, *file);
  if (named.empty()) return;
  const auto file = read_config_file(named);
  if (!file)
    throw UsageError("couponctl", fmt::format("{}: no such file", named), "Set --config to one");
  lay_file(options, *file);
}

void lay_environment(const Options& options, const Environment& environment) {
  for (auto* option : options) {
    const auto text = environment.variable(option->variable());
    if (!option->in_environment || !text) continue;
    if (const auto set = option->set(*text, {Source::environment, option->variable()}); !set)
      throw UsageError("couponctl", fmt::format("{} {}", option->variable(), set.error().text));
  }
}

void warn_of_unread(const Options& options, const Environment& environment, const Warn& warn) {
  std::vector<std::string> known;
  for (const auto* option : options)
    if (option->in_environment) known.push_back(option->variable());
  for (const auto& [name, value] : environment.variables) {
    if (!name.starts_with("COUPONCTL_") || std::ranges::find(known, name) != known.end()) continue;
    // COUPONCTL_THREADS lacks the _BENCH of COUPONCTL_BENCH_THREADS.
    const auto knob = std::string_view(name).substr(std::string_view("COUPONCTL").size());
    std::vector<std::string> same_knob;
    for (const auto* option : options)
      if (option->in_environment && option->name.size() + 1 == knob.size() &&
          option->variable().ends_with(knob))
        same_knob.push_back(option->variable());
    const auto guess = suggest_knob(name, same_knob, known);
    warn(fmt::format("nothing reads the variable {}{}{}", name, guess.empty() ? "" : ". ", guess));
  }
}

void lay_flags(const Request& request) {
  for (const auto& [option, text] : request.values)
    if (const auto set = option->set(text, {Source::flag, option->flag()}); !set)
      throw UsageError(request.command->path(),
                       fmt::format("{} {}", option->flag(), set.error().text));
}

void check_required(const Command& command) {
  for (const auto* option : command.visible_options())
    if (option->required && option->origin.source == Source::initial)
      throw UsageError(command.path(),
                       fmt::format("{} is missing: {}", option->flag(), plain_help(*option)),
                       fmt::format("See \"{} --help\"", command.path()));
}

// --config and COUPONCTL_CONFIG say which file to read, so they are looked up before all others.
std::string named_config(const Request& request, const Environment& environment) {
  for (const auto& [option, text] : request.values)
    if (option->key() == "config") return text;
  return environment.variable("COUPONCTL_CONFIG").value_or("");
}

}  // namespace

void set_from_layers(Command& root, const Request& request, const Environment& environment,
                     const Warn& warn) {
  const auto options = all_options(root);
  lay_files(options, named_config(request, environment), environment);
  lay_environment(options, environment);
  warn_of_unread(options, environment, warn);
  lay_flags(request);
  check_required(*request.command);
}

}  // namespace couponctl::cli
