// Decides who goes next, so that in the end every order has been tried once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace couponctl::race {

// What may happen next: an actor goes, or is killed.
struct Choice {
  int actor = 0;
  bool kill = false;
  bool operator==(const Choice&) const = default;
};
using Choices = std::vector<Choice>;

// "01c!1": by actor one letter, 0 to 9 and then a to z; "!" before one that is killed.
std::string schedule_text(const Choices& schedule);
std::optional<Choices> parse_schedule(std::string_view text);

// Depth first: each order differs from the one before as late as it can.
class EveryOrder {
 public:
  // Which of `choices` comes next in the order at hand: an index. nullopt: at this place there were
  // other choices when the same was done before, so that this order cannot be made.
  std::optional<std::size_t> choose(const Choices& choices);

  // Goes on to the next order; false if there is none.
  bool advance();
  // After choose() has failed: what there was to choose from when the same was done before.
  Choices expected() const { return places_.at(depth_).choices; }
  // After choose() has failed: what it was given is what there is, and the time before was the odd
  // one, say because a server was slow.
  void believe();
  // Begins the order at hand again.
  void again() { depth_ = 0; }

 private:
  struct Place {
    Choices choices;
    std::size_t taken = 0;
  };
  std::vector<Place> places_;
  std::size_t depth_ = 0;
  Choices refused_;
};

// Draws orders: each actor has a random priority, and the one with the highest goes, until at a few
// random places the one that would go falls behind all others. A bug that needs d such changes is
// found with a known probability (S. Burckhardt et al., A randomized scheduler with probabilistic
// guarantees of finding bugs, ASPLOS 2010).
class RandomOrder {
 public:
  explicit RandomOrder(std::uint64_t seed) : random_(seed) { begin(); }

  std::size_t choose(const Choices& choices);
  void begin();

 private:
  double priority(int actor);

  std::mt19937_64 random_;
  std::vector<double> priorities_;  // by actor
  std::vector<std::size_t> changes_;
  std::size_t depth_ = 0;
  double lowest_ = 0;
};

}  // namespace couponctl::race
