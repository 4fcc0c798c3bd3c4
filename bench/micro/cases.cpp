#include "case.hpp"

namespace cenote {

std::span<const Case> all_cases() {
  static const std::vector<Case> cases = {
      {"pair", pair, {16, 64, 256, 4096}},
      {"held_fifo", held_fifo, {1024, 65536}},
      {"held_random", held_random, {1024, 65536}},
      {"held_mixed", held_mixed, {1024, 65536}},
      {"batch_lifo", batch_lifo, {1024, 65536}},
      {"batch_fifo", batch_fifo, {1024, 65536}},
      {"batch_random", batch_random, {1024, 65536}},
      {"zeroed", zeroed, {64, 4096, 262144}},
      {"grow", grow, {4096, 4 << 20}},
      {"aligned", aligned, {64, 4096}},
      {"cross_thread", cross_thread, {64}, 2},
  };
  return cases;
}

}  // namespace cenote
