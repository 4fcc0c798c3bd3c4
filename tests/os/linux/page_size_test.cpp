#include <unistd.h>

#include <cstdlib>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

namespace cenote::os {
namespace {

TEST(PageSize, IsWhatTheKernelSays) {
  EXPECT_EQ(page_bytes(), static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  const Region mapped = g_system_memory.map(page_bytes(), page_bytes());
  EXPECT_TRUE(is_aligned(mapped.start, page_bytes()));
  g_system_memory.release(mapped);
}

TEST(PageSize, IsWhatTheEmulatorWasTold) {
  const char* const told = std::getenv("QEMU_PAGESIZE");
  if (told == nullptr) GTEST_SKIP() << "the emulator was told no size of page, or there is none";
  EXPECT_EQ(page_bytes(), std::strtoul(told, nullptr, 10));
}

}  // namespace
}  // namespace cenote::os
