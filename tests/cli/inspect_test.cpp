#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/stats.hpp>

#include "cli/inspect/mapped_modules.hpp"
#include "cli/inspect/module_notes.hpp"
#include "cli/inspect/process_facts.hpp"
#include "cli/inspect/process_list.hpp"
#include "cli/inspect/refusals.hpp"
#include "cli/inspect/remote_peek.hpp"
#include "cli/inspect/remote_process.hpp"

namespace cenote::cli {
namespace {

using stats::Figure;
using testing::HasSubstr;

// --- /proc -------------------------------------------------------------------------------------------------

TEST(Maps, AModuleIsAFileThatIsMappedFromItsStart) {
  const std::vector<MappedModule> modules = parse_maps(
      "55d0c000-55d0d000 r--p 00000000 fe:01 1234                       /usr/bin/a b\n"
      "55d0d000-55d0e000 r-xp 00001000 fe:01 1234                       /usr/bin/a b\n"
      "55d0f000-55d10000 rw-p 00000000 00:00 0                          [heap]\n"
      "7f000000-7f001000 rw-p 00000000 00:00 0 \n"
      "7f001000-7f002000 ---p 00000000 fe:01 99                         /lib/unreadable.so\n"
      "7f003000-7f004000 r--p 00000000 fe:01 77                         /lib/gone.so (deleted)\n");
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].start, 0x55d0c000U);
  EXPECT_EQ(modules[0].name(), "a b");
  EXPECT_EQ(modules[0].file_id, "fe:01 1234");
  EXPECT_EQ(modules[1].path, "/lib/gone.so");
}

TEST(Maps, NonsenseIsNoModule) {
  for (const char* const text :
       {"", "\n\n", "x", "55d0c000-55d0d000", "- - - - - -", "55d0c000-55d0d000 r--p 0"}) {
    EXPECT_TRUE(parse_maps(text).empty()) << text;
  }
}

TEST(Facts, AreThoseOfTheProcess) {
  const auto facts = facts_of(::getpid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->user, ::getuid());
  EXPECT_EQ(facts->state, 'R');
  EXPECT_GT(facts->start_time, 0U);
  EXPECT_FALSE(facts->is_of_kernel);
  EXPECT_FALSE(facts_of(1 << 23));
}

// --- peeks -------------------------------------------------------------------------------------------------

/// Memory of two pages from 0x10000 on, and nothing else.
class FakePeek final : public stats::Peek {
 public:
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override {
    ++copies;
    const auto from = reinterpret_cast<std::uintptr_t>(address) - 0x10000;
    if (from > memory.size() || bytes > memory.size() - from) return false;
    std::memcpy(to, memory.data() + from, bytes);
    return true;
  }
  std::string memory = std::string(4096, 'a') + std::string(4096, 'b');
  mutable int copies = 0;
};

const void* at(std::uintptr_t address) { return reinterpret_cast<const void*>(address); }

TEST(CachedPeekTest, EachPageIsCopiedOnce) {
  FakePeek memory;
  const CachedPeek peek(memory);
  char text[2] = {};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(peek.copy(at(0x10000 + 4095), text, 2));
  EXPECT_EQ(std::string(text, 2), "ab");
  EXPECT_EQ(memory.copies, 2);
}

TEST(CachedPeekTest, WhatCannotBeReadIsAskedForOnce) {
  FakePeek memory;
  const CachedPeek peek(memory);
  char text[2] = {};
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(peek.copy(at(0x10000 + 8191), text, 2));
  EXPECT_EQ(memory.copies, 2);
}

TEST(Notes, WhatIsNoElfFileHasNone) {
  FakePeek memory;
  EXPECT_TRUE(read_notes(memory, 0x10000).notes.empty());
  memory.memory.replace(0, 4,
                        "\x7f"
                        "ELF");
  EXPECT_TRUE(read_notes(memory, 0x10000).is_foreign);  // its word size is 'a'
  memory.memory[4] = sizeof(void*) == 8 ? 2 : 1;
  EXPECT_TRUE(read_notes(memory, 0x10000).notes.empty());  // headers that lead nowhere
}

// --- refusals ----------------------------------------------------------------------------------------------

const ProcessFacts kSomebodys{.id = 42, .user = 12345, .command = "it"};

TEST(Refusals, SayWhoMayLook) {
  EXPECT_STREQ(is_refused(kSomebodys, {.own_user = 1000}).what(),
               "process 42 (it) belongs to the user 12345: only that user and root may look into it");
}

TEST(Refusals, NameTheRemedyAgainstYama) {
  const ProcessFacts own{.id = 42, .user = 1000, .command = "it"};
  const auto said = [&](uid_t user, int scope) {
    return std::string(is_refused(own, {.own_user = user, .ptrace_scope = scope}).what());
  };
  EXPECT_THAT(said(1000, 1), HasSubstr("sudo sysctl kernel.yama.ptrace_scope=0"));
  EXPECT_THAT(said(1000, 2), HasSubstr("leaves it to root"));
  EXPECT_THAT(said(1000, 3), HasSubstr("until the next boot"));
  EXPECT_THAT(said(0, 3), HasSubstr("until the next boot"));
  EXPECT_THAT(said(0, 1), HasSubstr("capability SYS_PTRACE"));
  EXPECT_THAT(said(1000, 0), HasSubstr("run this as root"));
}

TEST(Refusals, NameModulesOfOtherBuilds) {
  EXPECT_THAT(has_other_layout(kSomebodys, "/lib/x.so").what(),
              HasSubstr("another version or build of cenote in /lib/x.so"));
}

// --- damage ------------------------------------------------------------------------------------------------

/// This process as one whose memory is damaged: now and then a word that is read is another.
class NoisyPeek final : public stats::Peek {
 public:
  explicit NoisyPeek(unsigned seed) : random_(seed) {}
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override {
    if (!source_.copy(address, to, bytes)) return false;
    if (bytes >= sizeof(std::uint64_t) && random_() % 30 == 0) damage(static_cast<std::byte*>(to), bytes);
    return true;
  }

 private:
  void damage(std::byte* bytes, std::size_t count) const {
    const std::uint64_t word = random_() % 2 == 0 ? random_() : random_() % 256;
    std::memcpy(bytes + random_() % (count / sizeof word) * sizeof word, &word, sizeof word);
  }

  RemotePeek source_{::getpid()};
  mutable std::mt19937_64 random_;
};

TEST(Damage, IsReadToTheEndAndStillAddsUp) {
  Heap heap{{.name = "damaged heap"}};
  const BlockPool<Locked> pool{{.block_size = 64, .capacity = 10, .name = "damaged pool"}};
  std::vector<void*> blocks(3000);
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = heap.allocate(i + 1);
  const RemoteProcess process(::getpid());
  int torn = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const NoisyPeek noisy(seed);
    const CachedPeek steady(noisy);
    stats::Snapshot snapshot;
    const auto reading = inspect::read_tables(process.modules(), {steady, noisy}, snapshot);
    torn += reading != inspect::Reading::whole ? 1 : 0;
    stats::Account sum;
    for (const stats::Account& account : snapshot.pools) {
      if (!account.borrows) sum += account;
    }
    EXPECT_EQ(sum.figures, snapshot.process.figures);
    EXPECT_FALSE(stats::to_table(snapshot).empty() || stats::to_json(snapshot).empty());
  }
  EXPECT_GT(torn, 50);
  for (void* const block : blocks) heap.deallocate(block);
}

// --- processes ---------------------------------------------------------------------------------------------

const stats::Account* find(const stats::Snapshot& snapshot, std::string_view name) {
  const auto found =
      std::ranges::find_if(snapshot.pools, [&](const stats::Account& pool) { return pool.name == name; });
  return found == snapshot.pools.end() ? nullptr : &*found;
}

/// A copy of this process, which waits.
class Child {
 public:
  Child() : id_(::fork()) {
    for (; id_ == 0;) ::pause();
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t id() const { return id_; }
  void end() {
    if (id_ == 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    id_ = 0;
  }
  /// Nanoseconds of CPU time that it has had.
  std::uint64_t cpu_time() const {
    std::ifstream file("/proc/" + std::to_string(id_) + "/schedstat");
    std::uint64_t nanoseconds = 0;
    file >> nanoseconds;
    return nanoseconds;
  }

 private:
  pid_t id_;
};

TEST(RemoteSnapshot, OfAForkIsThatOfItsParent) {
  Heap heap{{.name = "remote heap"}};
  void* const block = heap.allocate(1000);
  const BlockPool<Locked> pool{{.block_size = 64, .capacity = 10, .name = "remote pool"}};
  const Child child;
  const stats::Snapshot here = stats::snapshot(), there = remote_snapshot(child.id());
  ASSERT_NE(find(there, "remote heap"), nullptr);
  EXPECT_EQ((*find(there, "remote heap"))[Figure::live], heap.usable_size(block));
  EXPECT_EQ(here.process.figures, there.process.figures);
  EXPECT_EQ(here.pools.size(), there.pools.size());
  EXPECT_EQ(there.process_id, static_cast<std::uint64_t>(child.id()));
  heap.deallocate(block);
}

TEST(RemoteSnapshot, CostsTheProcessNothing) {
  const Heap heap{{.name = "remote idle"}};
  const Child child;
  RemoteProcess process(child.id());
  while (facts_of(child.id())->state != 'S') ::usleep(1000);
  const std::uint64_t before = child.cpu_time();
  for (int i = 0; i < 1000; ++i) ASSERT_NE(find(process.snapshot(), "remote idle"), nullptr);
  EXPECT_EQ(child.cpu_time(), before);
}

TEST(RemoteProcessTest, SaysThatItHasEnded) {
  const Heap heap{{.name = "remote ended"}};
  Child child;
  RemoteProcess process(child.id());
  static_cast<void>(process.snapshot());
  child.end();
  EXPECT_THROW(process.snapshot(), ProcessEnded);
}

TEST(ProcessListTest, HasThoseThatCarryCenoteAndNotThisOne) {
  const Heap heap{{.name = "remote listed"}};
  const Child child;
  bool is_listed = false;
  for (const CenoteProcess& process : cenote_processes().processes) {
    EXPECT_NE(process.facts.id, ::getpid());
    is_listed |=
        process.facts.id == child.id() && process.command_line.find("cenote_cli_tests") != std::string::npos;
  }
  EXPECT_TRUE(is_listed);
}

}  // namespace
}  // namespace cenote::cli
