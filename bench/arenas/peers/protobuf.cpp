// Protocol Buffers: an arena for messages, which any thread may use. Its blocks are aligned to 8.

#include <google/protobuf/arena.h>

#include "cases.hpp"
#include "peers/limit.hpp"

namespace cenote {
namespace {

google::protobuf::ArenaOptions with_buffer(const Storage<kChunk>& storage) {
  google::protobuf::ArenaOptions options;
  options.initial_block = reinterpret_cast<char*>(storage.begin());
  options.initial_block_size = kChunk;
  options.max_block_size = kChunk;
  return options;
}

class Protobuf {
 public:
  void* allocate(std::size_t size) { return google::protobuf::Arena::CreateArray<char>(&arena_, size); }
  void reset() { arena_.Reset(); }
  Destroyed* make(std::uint64_t value) { return google::protobuf::Arena::Create<Destroyed>(&arena_, value); }

 private:
  Storage<kChunk> storage_;
  google::protobuf::Arena arena_{with_buffer(storage_)};
};

void enter(Effort effort) {
  enter_one_thread<Protobuf>("protobuf", effort);
  enter_threads<Protobuf>("protobuf", effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
