/// A library to be loaded and unloaded: it allocates when it is loaded, when it is called, in thread-local
/// storage, and frees at its end.
#include <memory>
#include <string>
#include <vector>

namespace {

struct State {
  State() : texts(100, std::string(200, 's')) {}
  std::vector<std::string> texts;
};
const std::unique_ptr<State> g_state = std::make_unique<State>();

}  // namespace

extern "C" __attribute__((visibility("default"))) char* plugin_call(std::size_t bytes) {
  thread_local std::string last;
  last.assign(bytes, 't');
  auto* const block = static_cast<char*>(std::malloc(bytes));
  block[0] = g_state->texts.size() == 100 && last.size() == bytes ? 'p' : '-';
  return block;
}
