#include "race/orders.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace couponctl::race {
namespace {

constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t changes_per_order = 3;
constexpr std::size_t order_length = 24;  // about; a change behind the end changes nothing

}  // namespace

std::string schedule_text(const Choices& schedule) {
  std::string text;
  for (const auto& [actor, kill] : schedule) {
    if (kill) text += '!';
    text += letters.at(static_cast<std::size_t>(actor));
  }
  return text;
}

std::optional<Choices> parse_schedule(std::string_view text) {
  Choices schedule;
  bool kill = false;
  for (const char letter : text) {
    if (letter == '!' && !kill) {
      kill = true;
      continue;
    }
    const auto actor = letters.find(letter);
    if (actor == std::string_view::npos) return std::nullopt;
    schedule.push_back({static_cast<int>(actor), std::exchange(kill, false)});
  }
  if (kill || schedule.empty()) return std::nullopt;
  return schedule;
}

std::optional<std::size_t> EveryOrder::choose(const Choices& choices) {
  if (depth_ == places_.size()) places_.push_back({choices, 0});
  const auto& place = places_[depth_];
  if (place.choices != choices) {
    refused_ = choices;
    return std::nullopt;
  }
  ++depth_;
  return place.taken;
}

void EveryOrder::believe() {
  places_.resize(depth_);
  places_.push_back({refused_, 0});
}

bool EveryOrder::advance() {
  depth_ = 0;
  while (!places_.empty() && places_.back().taken + 1 == places_.back().choices.size())
    places_.pop_back();
  if (places_.empty()) return false;
  ++places_.back().taken;
  return true;
}

void RandomOrder::begin() {
  depth_ = 0;
  lowest_ = 0;
  priorities_.clear();
  changes_.clear();
  for (std::size_t i = 0; i < changes_per_order; ++i)
    changes_.push_back(std::uniform_int_distribution<std::size_t>(0, order_length)(random_));
}

std::size_t RandomOrder::choose(const Choices& choices) {
  const auto first = [&] {
    return std::ranges::max_element(choices, {},
                                    [&](const Choice& choice) { return priority(choice.actor); });
  };
  auto chosen = first();
  if (std::ranges::find(changes_, depth_++) != changes_.end()) {
    priorities_[static_cast<std::size_t>(chosen->actor)] = --lowest_;
    chosen = first();
  }
  // Of what may happen to the same actor, one or the other.
  Choices its;
  std::ranges::copy_if(choices, std::back_inserter(its),
                       [&](const Choice& choice) { return choice.actor == chosen->actor; });
  const auto pick = its[std::uniform_int_distribution<std::size_t>(0, its.size() - 1)(random_)];
  return static_cast<std::size_t>(std::ranges::find(choices, pick) - choices.begin());
}

double RandomOrder::priority(int actor) {
  while (priorities_.size() <= static_cast<std::size_t>(actor))
    priorities_.push_back(std::uniform_real_distribution<>(0, 1)(random_));
  return priorities_[static_cast<std::size_t>(actor)];
}

}  // namespace couponctl::race
