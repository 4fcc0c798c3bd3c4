#include "os/process.hpp"

#include <windows.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "os/thread.hpp"

namespace cenote::os {
namespace {

TEST(WindowsProcess, ReadsTheEnvironment) {
  ASSERT_TRUE(environment_ready());
  ASSERT_EQ(::_putenv_s("CENOTE_TEST_VARIABLE", "value"), 0);
  EXPECT_STREQ(environment("CENOTE_TEST_VARIABLE"), "value");
  EXPECT_EQ(environment("CENOTE_TEST_NO_SUCH_VARIABLE"), nullptr);
}

TEST(WindowsProcess, ASharedFileHoldsWhatIsWrittenToIt) {
  const std::string directory = std::filesystem::temp_directory_path().string();
  auto* const bytes = static_cast<char*>(map_shared_file(directory.c_str(), "cenote_test", 4096));
  ASSERT_NE(bytes, nullptr);
  EXPECT_EQ(bytes[4095], 0);
  bytes[0] = 'x';
  const std::filesystem::path path =
      std::filesystem::path{directory} / ("cenote_test." + std::to_string(::GetCurrentProcessId()));
  EXPECT_EQ(std::ifstream{path}.get(), 'x');
  EXPECT_EQ(std::filesystem::file_size(path), 4096U);
  ::UnmapViewOfFile(bytes);
  EXPECT_TRUE(std::filesystem::remove(path));
}

TEST(WindowsProcess, ASharedFileThatCannotBeMadeIsNull) {
  ::SetLastError(7);
  EXPECT_EQ(map_shared_file("/no/such/directory", "cenote_test", 4096), nullptr);
  EXPECT_EQ(map_shared_file(std::string(MAX_PATH, 'x').c_str(), "cenote_test", 4096), nullptr);
  EXPECT_EQ(::GetLastError(), DWORD{7});
}

TEST(WindowsProcess, BlocksOfMallocHaveAnyAlignmentAndOneWayBack) {
  for (std::size_t alignment = 1; alignment <= 65536; alignment *= 4) {
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, std::size_t{1} << 20}) {
      void* const block = program_malloc(bytes, alignment);
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0U);
      program_free(block);
    }
  }
  program_free(nullptr);
  EXPECT_EQ(program_malloc(SIZE_MAX - 100, 64), nullptr);
}

std::atomic<bool> g_was_named{false};

TEST(WindowsThread, ABackgroundThreadHasItsName) {
  using Call = HRESULT(WINAPI*)(HANDLE, wchar_t**);
  static const auto call = reinterpret_cast<Call>(reinterpret_cast<void (*)()>(
      ::GetProcAddress(::GetModuleHandleW(L"kernelbase.dll"), "GetThreadDescription")));
  if (call == nullptr) GTEST_SKIP() << "this version of Windows does not name threads";
  ASSERT_TRUE(start_background_thread(
      []() noexcept {
        for (int i = 0; i < 5000 && !g_was_named; ++i) {  // the name is given while the thread runs
          wchar_t* name = nullptr;
          if (SUCCEEDED(call(::GetCurrentThread(), &name)) && std::wstring{name} == L"cenote-test")
            g_was_named = true;
          ::LocalFree(name);
          ::Sleep(1);
        }
      },
      "cenote-test"));
  for (int i = 0; i < 5000 && !g_was_named; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  EXPECT_TRUE(g_was_named);
}

}  // namespace
}  // namespace cenote::os
