#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/cenote.h>
#include <cenote/handlers.hpp>
#include <cenote/heap.hpp>

#include "support/aborts.hpp"
#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote::test {
namespace {

/// Sets C handlers that record what they are told, and restores the default ones at its end.
class CHandlers {
 public:
  CHandlers() { set(); }
  ~CHandlers() {
    cenote_set_misuse_handler(nullptr, nullptr);
    cenote_set_leak_handler(nullptr, nullptr);
  }
  void set() {
    cenote_set_misuse_handler(&on_misuse, this);
    cenote_set_leak_handler(&on_leak, this);
  }

  std::vector<std::string> misuses;
  std::vector<std::string> leaks;

 private:
  static void on_misuse(const cenote_misuse* misuse, void* user) {
    static_cast<CHandlers*>(user)->misuses.push_back(std::string{misuse->pool} + ": " +
                                                     cenote_error_string(misuse->error));
  }
  static void on_leak(const char* pool, size_t blocks, void* user) {
    static_cast<CHandlers*>(user)->leaks.push_back(std::string{pool} + ": " + std::to_string(blocks));
  }
};

void free_twice() {
  Heap heap{{.name = "twice"}};
  void* const block = heap.allocate(100);
  heap.deallocate(block);
  heap.deallocate(block);
}

void leak_one() {
  BlockPool<Locked> pool{{.block_size = 16, .capacity = 2, .name = "leaky"}};
  static_cast<void>(pool.allocate());
}

using Texts = std::vector<std::string>;

TEST(CHandlers, AreToldOfWhatCxxCodeDoes) {
  CHandlers handlers;
  free_twice();
  leak_one();
  EXPECT_EQ(handlers.misuses, Texts{"twice: double_free"});
  EXPECT_EQ(handlers.leaks, Texts{"leaky: 1"});
}

TEST(CHandlers, AreReplacedByThoseOfCxxAndReplaceThem) {
  CHandlers c;
  {
    MisuseRecorder misuses;
    LeakRecorder leaks;
    free_twice();
    leak_one();
    EXPECT_EQ(misuses.take().size(), 1U);
    EXPECT_EQ(leaks.take().size(), 1U);
    EXPECT_EQ(c.misuses, Texts{});
    EXPECT_EQ(c.leaks, Texts{});

    c.set();
    free_twice();
    leak_one();
    EXPECT_EQ(misuses.take().size(), 0U);
    EXPECT_EQ(leaks.take().size(), 0U);
    EXPECT_EQ(c.misuses.size(), 1U);
    EXPECT_EQ(c.leaks.size(), 1U);
  }
}

TEST(CHandlers, ComeBackWhereCxxRestoresWhatItReplaced) {
  CHandlers c;
  { MisuseRecorder misuses; }
  { LeakRecorder leaks; }
  free_twice();
  leak_one();
  EXPECT_EQ(c.misuses, Texts{"twice: double_free"});
  EXPECT_EQ(c.leaks, Texts{"leaky: 1"});
}

TEST(CHandlers, OfTheSameKindReplaceEachOtherWithTheirUserPointers) {
  CHandlers first;
  CHandlers second;
  free_twice();
  EXPECT_EQ(first.misuses, Texts{});
  EXPECT_EQ(second.misuses.size(), 1U);
  first.set();
  free_twice();
  EXPECT_EQ(first.misuses.size(), 1U);
  EXPECT_EQ(second.misuses.size(), 1U);
}

TEST(CHandlers, NullRestoresTheDefaultWhichAborts) {
  CHandlers handlers;
  cenote_set_misuse_handler(nullptr, &handlers);
  EXPECT_EXIT(free_twice(), by_abort(), "double_free");
  EXPECT_EQ(handlers.misuses, Texts{});
}

}  // namespace
}  // namespace cenote::test
