/// Libraries that come and go while the program runs.
#include <dlfcn.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "malloc/preloaded.hpp"

namespace malloc_test {
namespace {

class Plugins : public OnCenote {};

using PluginCall = char* (*)(std::size_t);

TEST_F(Plugins, BlocksOutliveTheLibraryThatMadeThem) {
  std::vector<char*> blocks;
  for (int round = 0; round < 50; ++round) {
    void* const library = dlopen(MALLOC_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    const auto call = reinterpret_cast<PluginCall>(dlsym(library, "plugin_call"));
    blocks.push_back(call(1000));
    std::thread{[&] { blocks.push_back(call(70'000)); }}.join();
    EXPECT_EQ(dlclose(library), 0);
  }
  for (char* const block : blocks) {
    EXPECT_EQ(block[0], 'p');
    std::free(block);
  }
}

}  // namespace
}  // namespace malloc_test
