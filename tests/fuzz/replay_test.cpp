// What a fuzzer runs for hours, run for a second by every `make test`: the stored inputs, and as many
// pseudo-random ones.
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count);

namespace cenote::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string g_running;

/// Says at an abort which input it was.
void name_input(int) {
  std::fprintf(stderr, "in %s\n", g_running.c_str());
  std::signal(SIGABRT, SIG_DFL);
}

void run(const std::string& name, const Bytes& input) {
  std::signal(SIGABRT, name_input);
  g_running = name;
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

std::vector<std::filesystem::path> stored_inputs() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{CENOTE_FUZZ_CORPUS})
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Bytes read_file(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

TEST(Replay, StoredInputsBreakNothing) {
  const auto files = stored_inputs();
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) run(file.string(), read_file(file));
}

TEST(Replay, PseudoRandomInputsBreakNothing) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random{seed};
    Bytes input(random() % 2000);
    std::generate(input.begin(), input.end(), [&] { return static_cast<std::uint8_t>(random()); });
    run("pseudo-random input " + std::to_string(seed), input);
  }
}

}  // namespace
}  // namespace cenote::fuzz
