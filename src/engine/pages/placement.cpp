#include <cenote/detail/placement.hpp>

namespace cenote {

Place Nodes::place_for(Pages wish) noexcept {
  const PageKind pages = wish.kind == PageKind::huge_1gib ? PageKind::huge_2mib : wish.kind;
  State state = state_.load(std::memory_order_acquire);
  if (state == State::unknown) {
    learn();
    state = state_.load(std::memory_order_acquire);
  }
  return {state == State::several ? node_for(wish.node) : 0, pages};
}

int Nodes::node_for(int wanted) noexcept {
  const int node = wanted == any_numa_node ? numa_->current_node() : wanted;
  return os::NodeSet::is_node(node) ? home_of_[static_cast<std::size_t>(node)] : home_of_[0];
}

// One thread learns. Others do not wait for it, a child of a fork might in vain: to them the machine has one
// node until then.
void Nodes::learn() noexcept {
  State state = State::unknown;
  if (!state_.compare_exchange_strong(state, State::learning, std::memory_order_acquire)) return;
  os::NodeSet usable = numa_->allowed_nodes();
  if (usable.count() > 1) usable = usable & numa_->topology().memory_nodes();
  if (usable.count() <= 1) return state_.store(State::one, std::memory_order_release);
  std::array<int, os::kNodesMax> room{};
  for (int node = 0; node < os::kNodesMax; ++node) {
    int home = usable.first();
    for (const int near : numa_->topology().by_distance(node, room)) {
      if (!usable.contains(near)) continue;
      home = near;
      break;
    }
    home_of_[static_cast<std::size_t>(node)] = static_cast<std::uint8_t>(home);
  }
  state_.store(State::several, std::memory_order_release);
}

void Nodes::bind(os::Region region, Place place) noexcept {
  if (!several()) return;
  static_cast<void>(numa_->bind(region, os::NodeSet::of(place.node()), os::Placement::preferred));
}

constinit Nodes g_nodes{os::g_system_numa};

}  // namespace cenote
