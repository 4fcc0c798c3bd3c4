/// For tests of heap profiles: a profile that is made while this lives, and read back from its file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <cenote/heap_profile.hpp>

#include "os/modules.hpp"
#include "os/process.hpp"
#include "profile/pprof_reader.hpp"

/// Where there are no call stacks there are no profiles, and start() says so
/// (HeapProfile.SaysWhereItCannotWork).
#define CENOTE_NEEDS_PROFILES() \
  if (!cenote::os::kHasCallStacks) GTEST_SKIP() << "no call stacks here"

namespace cenote {

class Profiled {
 public:
  explicit Profiled(std::uint64_t rate, std::uint64_t seed = 1) {
    if (const char* problem = profile::start({rate, seed})) throw std::runtime_error{problem};
  }
  ~Profiled() { profile::stop(); }
  Profiled(const Profiled&) = delete;
  Profiled& operator=(const Profiled&) = delete;

  static pprof::Profile read() {
    const std::string path = ::testing::TempDir() + "heap_profile_test.%p.pb";
    if (const char* problem = profile::write(path.c_str())) throw std::runtime_error{problem};
    const std::string written =
        ::testing::TempDir() + "heap_profile_test." + std::to_string(os::process_id()) + ".pb";
    pprof::Profile profile = pprof::read(written);
    std::filesystem::remove(written);
    return profile;
  }

  /// The sum of a value over the samples of one pool.
  static std::uint64_t of_pool(const std::string& pool, const std::string& value) {
    return read().sum(value, [&](const pprof::Sample& sample) {
      const auto label = sample.labels.find("pool");
      return label != sample.labels.end() && label->second == pool;
    });
  }
};

}  // namespace cenote
