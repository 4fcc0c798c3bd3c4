/// Every operator new and delete, and the new-handler.
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "malloc/preloaded.hpp"

namespace malloc_test {
namespace {

constexpr std::size_t kSizeMax = std::numeric_limits<std::size_t>::max();
constexpr std::align_val_t kWide{256};

class Operators : public OnCenote {};

bool aligned_to(const void* block, std::align_val_t alignment) {
  return reinterpret_cast<std::uintptr_t>(block) % static_cast<std::size_t>(alignment) == 0;
}

TEST_F(Operators, EveryNewHasItsDelete) {
  for (const std::size_t n :
       {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{5000}, std::size_t{200000}}) {
    ::operator delete(::operator new(n));
    ::operator delete(::operator new(n), n);
    ::operator delete[](::operator new[](n));
    ::operator delete[](::operator new[](n), n);
    ::operator delete(::operator new(n, std::nothrow), std::nothrow);
    ::operator delete[](::operator new[](n, std::nothrow), std::nothrow);
    ::operator delete(::operator new(n, kWide), kWide);
    ::operator delete(::operator new(n, kWide), n, kWide);
    ::operator delete[](::operator new[](n, kWide), kWide);
    ::operator delete[](::operator new[](n, kWide), n, kWide);
    ::operator delete(::operator new(n, kWide, std::nothrow), kWide, std::nothrow);
    ::operator delete[](::operator new[](n, kWide, std::nothrow), kWide, std::nothrow);
  }
  ::operator delete(nullptr);
  ::operator delete[](nullptr, kWide);
}

TEST_F(Operators, NewOfNothingIsABlockOfItsOwn) {
  void* const first = ::operator new(opaque(std::size_t{0}));
  void* const second = ::operator new(opaque(std::size_t{0}));
  EXPECT_NE(first, nullptr);
  EXPECT_NE(first, second);
  ::operator delete(first);
  ::operator delete(second);
}

TEST_F(Operators, AlignedFormsAlign) {
  for (std::size_t alignment = 1; alignment <= (std::size_t{1} << 21); alignment *= 2) {
    const std::align_val_t a{alignment};
    void* const block = ::operator new(40, a);
    EXPECT_TRUE(aligned_to(block, a)) << alignment;
    ::operator delete(block, a);
  }
}

TEST_F(Operators, TheImpossibleThrowsOrIsNull) {
  EXPECT_THROW(::operator delete(::operator new(opaque(kSizeMax))), std::bad_alloc);
  EXPECT_THROW(::operator delete[](::operator new[](opaque(kSizeMax))), std::bad_alloc);
  EXPECT_THROW(::operator delete(::operator new(opaque(kSizeMax), kWide)), std::bad_alloc);
  EXPECT_EQ(::operator new(opaque(kSizeMax), std::nothrow), nullptr);
  EXPECT_EQ(::operator new[](opaque(kSizeMax), std::nothrow), nullptr);
  EXPECT_EQ(::operator new(opaque(kSizeMax), kWide, std::nothrow), nullptr);
}

int g_asked = 0;

TEST_F(Operators, TheNewHandlerIsAskedUntilItGivesUp) {
  g_asked = 0;
  std::set_new_handler([] {
    if (++g_asked == 3) std::set_new_handler(nullptr);
  });
  EXPECT_THROW(::operator delete(::operator new(opaque(kSizeMax))), std::bad_alloc);
  EXPECT_EQ(g_asked, 3);
}

TEST_F(Operators, ANewHandlerMayThrowAndNothrowTurnsThatIntoNull) {
  struct Own : std::bad_alloc {};
  std::set_new_handler([] { throw Own{}; });
  EXPECT_THROW(::operator delete(::operator new(opaque(kSizeMax))), Own);
  EXPECT_EQ(::operator new(opaque(kSizeMax), std::nothrow), nullptr);
  std::set_new_handler(nullptr);
}

TEST_F(Operators, NewAndFreeShareOneHeap) {
  std::free(::operator new(100));
  ::operator delete(std::malloc(100));
}

TEST_F(Operators, ContainersLiveOnIt) {
  std::vector<std::string> texts;
  for (int i = 0; i < 10000; ++i)
    texts.emplace_back(static_cast<std::size_t>(i % 300), static_cast<char>('a' + i % 26));
  for (int i = 0; i < 10000; ++i) {
    ASSERT_EQ(texts[static_cast<std::size_t>(i)].find_first_not_of(static_cast<char>('a' + i % 26)),
              std::string::npos);
  }
}

}  // namespace
}  // namespace malloc_test
