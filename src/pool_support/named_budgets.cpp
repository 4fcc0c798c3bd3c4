#include "pool_support/named_budgets.hpp"

#include <memory>

#include <cenote/detail/fork.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/limits.hpp>

#include "base/text.hpp"
#include "os/process.hpp"
#include "pool_support/wished_limit.hpp"

namespace cenote {

constinit named_budgets::NamedBudget named_budgets::g_malloc{"malloc"};

namespace {

using named_budgets::NamedBudget, named_budgets::g_malloc;

// One that sets a limit at a time: what the list of names shows follows the limits.
constinit os::Lock g_setting{os::LockRank::limits};
constinit os::ForkHold g_setting_fork_hold{g_setting};
constinit stats::Listed* g_process_listed = nullptr;

// All below under g_lock.
constinit os::Lock g_lock{os::LockRank::names};
constinit os::ForkHold g_fork_hold{g_lock};
constinit NamedBudget* g_first = &g_malloc;
constinit NamedBudget* g_idle = nullptr;
constinit os::PermanentMemory g_memory{};

[[gnu::constructor]] void take_part_in_forks() noexcept {
  g_setting_fork_hold.enlist();
  g_fork_hold.enlist();
}

std::string_view cut(std::string_view name) noexcept { return text::cut(name, stats::kNameMax); }

NamedBudget* find(std::string_view name) noexcept {
  NamedBudget* node = g_first;
  while (node != nullptr && cut(name) != node->name) node = node->next;
  return node;
}

NamedBudget* make(std::string_view name) noexcept {
  NamedBudget* const idle = g_idle;
  void* const memory = idle != nullptr ? idle : g_memory.allocate(sizeof(NamedBudget));
  if (memory == nullptr) return nullptr;
  stats::Listed* const listed = idle != nullptr ? idle->listed : nullptr;
  if (idle != nullptr) g_idle = idle->next;
  auto* const node = std::construct_at(static_cast<NamedBudget*>(memory), cut(name));
  node->listed = listed;
  node->next = g_first;
  g_first = node;
  return node;
}

/// A member of the name more; `is_new`: nobody had the name.
struct Joined {
  NamedBudget* node;
  bool is_new;
};

Joined join_node(std::string_view name) noexcept {
  const os::LockGuard guard{g_lock};
  NamedBudget* const node = find(name);
  if (node == nullptr) return {make(name), true};
  ++node->members;
  return {node, false};
}

void leave_node(NamedBudget& node) noexcept {
  const os::LockGuard guard{g_lock};
  if (--node.members != 0 || node.budget.limit() != 0) return;
  NamedBudget** at = &g_first;
  while (*at != &node) at = &(*at)->next;
  *at = node.next;
  node.next = g_idle;
  g_idle = &node;
}

stats::Listed* make_listed() noexcept {
  const os::LockGuard guard{g_lock};
  void* const memory = g_memory.allocate(sizeof(stats::Listed));
  return memory == nullptr ? nullptr : std::construct_at(static_cast<stats::Listed*>(memory));
}

// What pools hold is theirs; the entry repeats it for who looks at the limit.
void list(const Budget& budget, stats::Listed*& listed) noexcept {
  using stats::Figure, stats::Gauge;
  if (budget.limit() == 0) {
    if (listed != nullptr) listed->close();
    return;
  }
  if (listed == nullptr) listed = make_listed();
  if (listed == nullptr || listed->is_open()) return;
  stats::Gauges gauges{.borrows = true};
  gauges.add(Gauge::of(Figure::live, budget.held_word())).add(Gauge::of(Figure::limit, budget.limit_word()));
  listed->open(stats::Kind::limit, budget.name(), gauges);
}

Limit limit_of(const Budget& budget) noexcept { return {budget.held(), budget.limit(), budget.action()}; }

}  // namespace

namespace named_budgets {

Budget& join(std::string_view name) noexcept {
  if (name.empty()) return g_process_budget;
  const Joined joined = join_node(name);
  if (joined.node == nullptr) return g_process_budget;
  if (joined.is_new) set_wished_limit(name);
  return joined.node->budget;
}

Budget& join(Budget& shared) noexcept { return &shared == &g_process_budget ? shared : join(shared.name()); }

void set_wished_limit(std::string_view name) noexcept {
  if (!os::environment_ready()) return;
  const WishedLimit wished = wished_limit(os::environment("CENOTE_OPTIONS"), cut(name));
  if (wished.bytes != 0) static_cast<void>(set_limit(name, wished.bytes, wished.action));
}

void leave(Budget& shared) noexcept {
  if (&shared == &g_process_budget) return;
  NamedBudget* node = nullptr;
  {
    const os::LockGuard guard{g_lock};
    node = find(shared.name());
  }
  leave_node(*node);
}

}  // namespace named_budgets

namespace detail {

PoolBudget::PoolBudget(std::string_view name) noexcept : shared_{&named_budgets::join(name)} {}

PoolBudget::PoolBudget(const PoolBudget& other) noexcept : shared_{&named_budgets::join(*other.shared_)} {}

PoolBudget::~PoolBudget() {
  if (shared_ == nullptr) return;
  shared_->uncharge(charged_);
  named_budgets::leave(*shared_);
}

}  // namespace detail

Result<void> set_limit(std::string_view name, std::size_t bytes, LimitAction action) noexcept {
  if (name.empty()) return AllocError::bad_option;
  const os::LockGuard guard{g_setting};
  NamedBudget* const node = join_node(name).node;
  if (node == nullptr) return AllocError::out_of_memory;
  node->budget.set_limit(bytes, action);
  list(node->budget, node->listed);
  leave_node(*node);
  return {};
}

void set_process_limit(std::size_t bytes, LimitAction action) noexcept {
  const os::LockGuard guard{g_setting};
  g_process_budget.set_limit(bytes, action);
  list(g_process_budget, g_process_listed);
}

Limit limit_of(std::string_view name) noexcept {
  const os::LockGuard guard{g_lock};
  const NamedBudget* const node = find(name);
  return node == nullptr ? Limit{} : limit_of(node->budget);
}

Limit process_limit() noexcept { return limit_of(g_process_budget); }

}  // namespace cenote
