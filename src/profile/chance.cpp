#include "profile/chance.hpp"

#include <atomic>

#include "profile/countdown.hpp"

namespace cenote::profile {
namespace {

constinit std::atomic<std::uint64_t> g_sequence{0};

// Source  Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014 (SplitMix64):
//         any thread may take the next number, since the state is a counter.
std::uint64_t random() noexcept {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  std::uint64_t bits = g_sequence.fetch_add(kGolden, std::memory_order_relaxed) + kGolden;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

}  // namespace

void seed(std::uint64_t seed) noexcept { g_sequence.store(seed, std::memory_order_relaxed); }

std::uint64_t draw_gap() noexcept {
  const std::uint64_t rate = g_rate.load(std::memory_order_relaxed);
  if (rate <= 1) return 0;  // every byte is a sampling point
  const double uniform = static_cast<double>((random() >> 11) + 1) * 0x1p-53;
  return static_cast<std::uint64_t>(minus_ln(uniform) * static_cast<double>(rate));
}

bool is_drawn(std::uint64_t bytes) noexcept { return is_on() && draw_gap() < bytes; }

}  // namespace cenote::profile
