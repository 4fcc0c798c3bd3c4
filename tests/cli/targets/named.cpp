// A program with a pool of each name that it is given. It ends with its stdin.
#include <cstdio>
#include <memory>
#include <vector>

#include <cenote/cenote.hpp>

int main(int argc, char** argv) {
  std::vector<std::unique_ptr<cenote::FixedPool<int>>> pools;
  for (int i = 1; i < argc; ++i)
    pools.push_back(
        std::make_unique<cenote::FixedPool<int>>(cenote::PoolOptions{.capacity = 2, .name = argv[i]}));
  std::puts("ready");
  std::fflush(stdout);
  std::getchar();
}
