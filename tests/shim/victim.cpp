/// Does one thing, named by its argument: most are wrong, to see what the replacement makes of them.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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
                           {"use_bytes", use_bytes},
                           {"exhaust", exhaust}};

}  // namespace

int main(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "nothing";
  const std::size_t size = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 64;
  for (const Deed& deed : kDeeds) {
    if (wanted == deed.name) return deed.run(size);
  }
  return 64;
}
