#include <cenote/detail/budget.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>

namespace cenote {
namespace {

// Under it a whole chain of budgets is looked at and charged as one. Free for programs without limits, which
// never take it.
constinit os::Lock g_charging{os::LockRank::budget};
constinit os::ForkHold g_fork_hold{g_charging};

[[gnu::constructor]] void take_part_in_forks() noexcept { g_fork_hold.enlist(); }

// Set before the first limit, and never taken back. Who charges without the lock looks at it again
// afterwards: either it sees that there is a limit, and undoes what it did, or its bytes were there before
// the limit was (Dekker's pattern; both sides sequentially consistent).
constinit std::atomic<bool> g_has_limits{false};

}  // namespace

constinit std::atomic<bool> g_limits_report{false};

constinit Budget g_process_budget{LimitScope::process, "process", nullptr};

bool Budget::charge(std::size_t bytes, bool reports) noexcept {
  if (bytes == 0) return true;
  if (!g_has_limits.load(std::memory_order_relaxed)) [[likely]] {
    add(bytes);
    if (!g_has_limits.load(std::memory_order_seq_cst)) [[likely]]
      return true;
    uncharge(bytes);
  }
  const os::LockGuard guard{g_charging};
  for (const Budget* budget = this; budget != nullptr; budget = budget->parent_) {
    if (!budget->allows(bytes, reports)) return false;
  }
  add(bytes);
  return true;
}

void Budget::uncharge(std::size_t bytes) noexcept {
  for (Budget* budget = this; budget != nullptr; budget = budget->parent_) {
    const std::size_t left = budget->held_.fetch_sub(bytes, std::memory_order_relaxed) - bytes;
    if (budget->reported_.load(std::memory_order_relaxed) != 0 && left <= budget->limit())
      budget->reported_.store(0, std::memory_order_relaxed);
  }
}

// From the top, so that a budget never has less than those below it.
void Budget::add(std::size_t bytes) noexcept {
  if (parent_ != nullptr) parent_->add(bytes);
  held_.fetch_add(bytes, std::memory_order_seq_cst);
}

void Budget::set_limit(std::size_t bytes, LimitAction action) noexcept {
  if (bytes != 0) g_has_limits.store(true, std::memory_order_seq_cst);
  if (bytes != 0 && action == LimitAction::report) g_limits_report.store(true, std::memory_order_relaxed);
  const os::LockGuard guard{g_charging};
  limit_.store(bytes, std::memory_order_relaxed);
  action_.store(action, std::memory_order_relaxed);
  reported_.store(0, std::memory_order_relaxed);
}

bool Budget::is_passed_by(std::size_t bytes) const noexcept {
  const std::size_t limit = this->limit();
  return limit != 0 && (bytes > limit || held() > limit - bytes);
}

bool Budget::has_to_report(std::size_t bytes) const noexcept {
  if (action() != LimitAction::report || !is_passed_by(bytes)) return false;
  const std::size_t reported = reported_.load(std::memory_order_relaxed);
  return reported == 0 || excess_with(bytes) / 2 >= reported;
}

bool Budget::allows(std::size_t bytes, bool reports) const noexcept {
  return action() == LimitAction::refuse ? !is_passed_by(bytes) : !reports || !has_to_report(bytes);
}

Budget* Budget::refuser_of(std::size_t bytes) noexcept {
  for (Budget* budget = this; budget != nullptr; budget = budget->parent_) {
    if (budget->action() == LimitAction::refuse && budget->is_passed_by(bytes)) return budget;
  }
  return nullptr;
}

bool Budget::report_passing(std::size_t bytes) noexcept {
  bool any = false;
  for (Budget* budget = this; budget != nullptr; budget = budget->parent_) {
    {
      const os::LockGuard guard{g_charging};
      if (!budget->has_to_report(bytes)) continue;
      budget->reported_.store(budget->excess_with(bytes), std::memory_order_relaxed);
    }
    any = true;
    report_limit({budget->scope_, budget->name_, budget->held() + bytes, budget->limit()});
  }
  return any;
}

bool Budget::is_within(const Budget& other) const noexcept {
  const Budget* budget = this;
  while (budget != nullptr && budget != &other) budget = budget->parent_;
  return budget != nullptr;
}

}  // namespace cenote
