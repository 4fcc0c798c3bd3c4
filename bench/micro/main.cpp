// The allocator's interface, case by case, under each peer of the same process. Runs are named
// case/argument/peer.

#include "case.hpp"

namespace cenote {
namespace {

void register_all() {
  static const std::vector<Peer> peers = load_peers();
  for (const Case& measured : all_cases()) {
    for (const std::int64_t argument : measured.arguments) {
      for (const Peer& peer : peers) {
        const std::string name =
            std::string(measured.name) + '/' + std::to_string(argument) + '/' + peer.name;
        auto* registered = benchmark::RegisterBenchmark(
            name.c_str(), [&, argument](benchmark::State& state) { measured.run(state, peer, argument); });
        registered->Threads(measured.threads)->UseRealTime();
      }
    }
  }
}

}  // namespace
}  // namespace cenote

int main(int argc, char** argv) {
  cenote::make_room_for_thread_locals(argv);
  cenote::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
