/// Does one thing, named by its argument: most are wrong, to see what the replacement makes of them.
#include <malloc.h>
#include <pthread.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

namespace {

template <class T>
T opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

int nothing(std::size_t) { return 0; }

int allocate_some(std::size_t) {
  for (int i = 0; i < 1000; ++i) std::free(std::malloc(opaque(std::size_t{100})));
  return 0;
}

int double_free(std::size_t size) {
  void* const block = opaque(std::malloc(size));
  std::free(block);
  std::free(opaque(block));
  return 0;
}

int free_inside(std::size_t size) {
  std::free(opaque(static_cast<char*>(std::malloc(size)) + 16));
  return 0;
}

int free_stack(std::size_t) {
  long on_stack = 0;
  std::free(opaque(static_cast<void*>(&on_stack)));
  return 0;
}

/// Takes all that there is in blocks of `size`, then wants more in every way: each says so as it must, and
/// works again after half is freed.
int refuse_every_call(std::size_t size) {
  std::vector<void*> blocks;
  blocks.reserve(std::size_t{1} << 22);
  errno = 0;
  while (void* const block = std::malloc(size)) blocks.push_back(block);
  if (errno != ENOMEM || blocks.size() < 4) return 1;
  auto* const kept = static_cast<char*>(blocks.back());
  std::memset(kept, 7, size);
  const std::size_t more = std::size_t{1} << 30;
  const auto refused = [](void* block) {
    const bool right = opaque(block) == nullptr && errno == ENOMEM;
    errno = 0;
    return right;
  };
  errno = 0;
  if (!refused(std::calloc(1, more)) || !refused(std::aligned_alloc(64, more)) ||
      !refused(std::calloc(more, 1)))
    return 2;
  if (!refused(std::realloc(kept, more)) || kept[0] != 7 || kept[size - 1] != 7) return 3;
  void* untouched = &blocks;
  if (::posix_memalign(&untouched, 64, more) != ENOMEM || untouched != &blocks || errno != 0) return 4;
  static int handled = 0;
  handled = 0;
  std::set_new_handler([] {
    if (++handled == 3) std::set_new_handler(nullptr);
  });
  try {
    opaque(::operator new(more));
    return 5;
  } catch (const std::bad_alloc&) {
    if (handled != 3) return 6;
  }
  if (opaque(::operator new(more, std::nothrow)) != nullptr) return 7;
  for (std::size_t i = 0; i < blocks.size() / 2; ++i) std::free(blocks[i]);
  // The scavenger's thread and the exception have taken a slab each.
  for (std::size_t i = 0; i < blocks.size() / 2; ++i) {
    blocks[i] = std::malloc(size);
    if (blocks[i] == nullptr && i < blocks.size() / 2 - blocks.size() / 20) return 8;
  }
  for (void* const block : blocks) std::free(block);
  return 0;
}

/// Writes to the byte at `offset` of a freed block, then goes on for a while.
int write_after_free(std::size_t size, std::size_t offset) {
  auto* const block = opaque(static_cast<volatile char*>(std::malloc(size)));
  std::free(const_cast<char*>(block));
  block[offset] = 1;
  std::vector<void*> blocks;
  for (int i = 0; i < 5000; ++i) {
    blocks.push_back(std::malloc(size));
    if (i % 2 == 0) std::free(blocks.back());
  }
  return 0;
}
int write_to_first_byte(std::size_t size) { return write_after_free(size, 0); }
int write_to_middle_byte(std::size_t size) { return write_after_free(size, size / 2); }
int write_to_last_byte(std::size_t size) { return write_after_free(size, size - 1); }

/// Changes the byte at `offset` from the start of a block that is one of many, then frees the block.
template <class Change>
int write_around(std::size_t size, std::ptrdiff_t offset, Change change) {
  std::vector<volatile char*> blocks;
  for (int i = 0; i < 9; ++i) blocks.push_back(opaque(static_cast<volatile char*>(std::malloc(size))));
  blocks[5][offset] = change(blocks[5][offset]);
  std::free(const_cast<char*>(blocks[5]));
  return 0;
}
char null(char) { return 0; }
char other(char byte) { return static_cast<char>(~byte); }  // a constant may be the byte that is there
int overflow_by_a_null(std::size_t size) {
  return write_around(size, static_cast<std::ptrdiff_t>(size), null);
}
int overflow_by_16(std::size_t size) {
  return write_around(size, static_cast<std::ptrdiff_t>(size) + 15, other);
}
int underflow_by_1(std::size_t size) { return write_around(size, -1, other); }
int underflow_by_16(std::size_t size) { return write_around(size, -16, other); }

int forge_size_before(std::size_t size) {
  auto* const block = static_cast<std::size_t*>(opaque(std::malloc(size)));
  auto* const next = static_cast<std::size_t*>(opaque(std::malloc(size)));
  for (std::size_t* const each : {block, next}) opaque(each)[-1] = 4096 | 1;
  std::free(next);
  std::free(block);
  return 0;
}

int delete_of_another_size(std::size_t size) {
  ::operator delete(opaque(::operator new(size)), opaque(size + 1));
  return 0;
}

int delete_of_the_right_size(std::size_t size) {
  for (const std::size_t bytes : {size, std::size_t{0}})
    ::operator delete(opaque(::operator new(bytes)), bytes);
  constexpr auto kAlignment = std::align_val_t{256};
  ::operator delete(opaque(::operator new(size, kAlignment)), size, kAlignment);
  return 0;
}

/// malloc_usable_size of all kinds of invalid pointers is 0.
int ask_for_usable_sizes(std::size_t size) {
  long on_stack = 0;
  auto* const block = static_cast<char*>(opaque(std::malloc(size)));
  if (::malloc_usable_size(block) != size) return 1;
  const std::size_t of_invalid = ::malloc_usable_size(opaque(&on_stack)) + ::malloc_usable_size(block + 16) +
                                 ::malloc_usable_size(block + 1) + ::malloc_usable_size(nullptr) +
                                 ::malloc_usable_size(opaque(reinterpret_cast<void*>(std::uintptr_t{0x10})));
  std::free(block);
  return of_invalid + ::malloc_usable_size(opaque(block)) == 0 ? 0 : 2;
}

int find_old_bytes(std::size_t size) {
  for (int i = 0; i < 3000; ++i) {
    auto* const block = static_cast<unsigned char*>(opaque(std::malloc(size)));
    for (std::size_t at = 0; at < size; ++at) {
      if (block[at] != 0) return 1;
    }
    std::memset(opaque(block), 0xAA, size);
    std::free(block);
  }
  return 0;
}

/// Takes `bytes` in blocks of all kinds, keeps half of that, and checks them.
int use_bytes(std::size_t bytes) {
  std::vector<unsigned char*> blocks;
  const std::size_t sizes[] = {64, 1000, 5000, 50'000, 300'000, 3'000'000};
  std::size_t taken = 0;
  for (std::size_t i = 0; taken < bytes; ++i) {
    const std::size_t size = sizes[i % 6];
    auto* const block = static_cast<unsigned char*>(std::malloc(size));
    if (block == nullptr) {
      std::fprintf(stderr, "victim: no memory after %zu of %zu MB\n", taken >> 20, bytes >> 20);
      return 1;
    }
    block[0] = block[size - 1] = static_cast<unsigned char>(i);
    blocks.push_back(block);
    taken += size;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i][0] != static_cast<unsigned char>(i)) return 2;
    std::free(blocks[i]);
  }
  return 0;
}

/// Takes all there is, twice: the second time there is as much.
int exhaust(std::size_t size) {
  std::size_t counts[2] = {0, 0};
  for (std::size_t& count : counts) {
    void** last = nullptr;  // the blocks link themselves: nothing else is allocated
    errno = 0;
    while (auto** const block = static_cast<void**>(std::malloc(size))) {
      *block = last;
      last = block;
      ++count;
    }
    if (errno != ENOMEM) return 1;
    while (last != nullptr) {
      auto** const next = static_cast<void**>(*last);
      std::free(last);
      last = next;
    }
  }
  return counts[1] * 10 >= counts[0] * 9 ? 0 : 2;
}

/// Takes blocks of `size` until there are no more, frees them, and says how many bytes there were. The blocks
/// link themselves: nothing else is allocated. Memory must run out with ENOMEM.
std::size_t take_all_and_free(std::size_t size) {
  void** last = nullptr;
  std::size_t bytes = 0;
  errno = 0;
  while (auto** const block = static_cast<void**>(std::malloc(size))) {
    *block = last;
    last = block;
    bytes += size;
  }
  if (errno != ENOMEM) std::exit(1);
  while (last != nullptr) {
    auto** const next = static_cast<void**>(*last);
    std::free(last);
    last = next;
  }
  return bytes;
}

bool can_start_a_thread() {
  pthread_t thread{};
  const auto allocate = [](void*) -> void* {
    std::free(std::malloc(opaque(std::size_t{10})));
    return nullptr;
  };
  return ::pthread_create(&thread, nullptr, allocate, nullptr) == 0 && ::pthread_join(thread, nullptr) == 0;
}

/// Takes all there is three times; says how much it was each time, and whether a thread could be started when
/// all was free again. A first thread leaves its stack in the thread library's cache, so that all rounds have
/// the same memory.
int take_all_three_times(std::size_t size) {
  if (!can_start_a_thread()) return 3;
  for (int round = 0; round < 3; ++round) {
    const std::size_t bytes = take_all_and_free(size);
    std::printf("%zu %d\n", bytes, can_start_a_thread() ? 1 : 0);
  }
  return 0;
}

/// Takes all there is in blocks of `size`, frees them, and takes all in blocks of 2 MiB.
int take_small_then_large(std::size_t size) {
  if (!can_start_a_thread()) return 3;
  const std::size_t small = take_all_and_free(size);
  const bool started = can_start_a_thread();
  std::printf("%zu %d\n", small, started ? 1 : 0);
  std::printf("%zu 1\n", take_all_and_free(std::size_t{2} << 20));
  return 0;
}

struct Deed {
  const char* name;
  int (*run)(std::size_t size);
};
constexpr Deed kDeeds[] = {{"nothing", nothing},
                           {"allocate_some", allocate_some},
                           {"double_free", double_free},
                           {"free_inside", free_inside},
                           {"free_stack", free_stack},
                           {"write_to_first_byte", write_to_first_byte},
                           {"write_to_middle_byte", write_to_middle_byte},
                           {"write_to_last_byte", write_to_last_byte},
                           {"overflow_by_a_null", overflow_by_a_null},
                           {"overflow_by_16", overflow_by_16},
                           {"underflow_by_1", underflow_by_1},
                           {"underflow_by_16", underflow_by_16},
                           {"forge_size_before", forge_size_before},
                           {"delete_of_another_size", delete_of_another_size},
                           {"delete_of_the_right_size", delete_of_the_right_size},
                           {"ask_for_usable_sizes", ask_for_usable_sizes},
                           {"find_old_bytes", find_old_bytes},
                           {"use_bytes", use_bytes},
                           {"exhaust", exhaust},
                           {"take_all_three_times", take_all_three_times},
                           {"take_small_then_large", take_small_then_large},
                           {"refuse_every_call", refuse_every_call}};

}  // namespace

int main(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "nothing";
  const std::size_t size = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 64;
  for (const Deed& deed : kDeeds) {
    if (wanted == deed.name) return deed.run(size);
  }
  return 64;
}
