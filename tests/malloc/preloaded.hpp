/// Whether this program really runs on the replacement: a test that silently ran on another malloc would
/// prove nothing.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace malloc_test {

inline bool runs_on_cenote() {
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    if (line.find("libcenote-malloc.so") != std::string::npos) return true;
  }
  return false;
}

class OnCenote : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(runs_on_cenote()) << "start it with LD_PRELOAD=.../libcenote-malloc.so";
  }
};

/// A value that the optimiser knows nothing of.
template <class T>
T opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

}  // namespace malloc_test
