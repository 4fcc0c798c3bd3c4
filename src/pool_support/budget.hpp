/// Bytes that may be held: a limit, what is held of it, and the budget that both belong to.
///
///     process <-- all heaps named "parser" <-- one heap named "parser"
///             <-- all heaps named "malloc" <-- malloc
///             <-- a heap without a name
///
/// What is charged to a budget is charged to those above it too, to all or to none of them.
///
/// Invariants  no charge takes a budget above a limit that refuses, at any level, not for a moment; the bytes of a budget are at least
///             those of the budgets below it.
#pragma once

#include <atomic>
#include <cstddef>

#include <cenote/handlers.hpp>

namespace cenote {

/// Threads     any. Charging takes no lock until the first limit of the process is set, and giving back never does.
class Budget {
 public:
  constexpr Budget(LimitScope scope, const char* name, Budget* parent) noexcept
      : scope_{scope}, name_{name}, parent_{parent} {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// False when a limit forbids it, or when passing a limit has to be reported first (`report_passing`): then nothing has changed.
  [[nodiscard]] bool charge(std::size_t bytes) noexcept { return charge(bytes, true); }
  /// The same for a few bytes beside those of a request: passing a limit by them is not reported.
  [[nodiscard]] bool charge_beside(std::size_t bytes) noexcept { return charge(bytes, false); }
  /// Gives back what was charged.
  void uncharge(std::size_t bytes) noexcept;

  /// At most `bytes` from now on, for what is charged from now on; 0: no limit. What is held stays.
  void set_limit(std::size_t bytes, LimitAction action) noexcept;
  std::size_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  LimitAction action() const noexcept { return action_.load(std::memory_order_relaxed); }
  std::size_t held() const noexcept { return held_.load(std::memory_order_relaxed); }

  /// Whose refusing limit is in the way of `bytes` more, this budget's or one above; null when none is.
  Budget* refuser_of(std::size_t bytes) noexcept;
  /// Calls the limit handler for each limit whose passing by `bytes` more is to be reported. True when there was one: then the charge
  /// is worth another try. No lock may be held.
  bool report_passing(std::size_t bytes) noexcept;

  /// Whether what is charged here is charged to `other`, too.
  bool is_within(const Budget& other) const noexcept;

  LimitScope scope() const noexcept { return scope_; }
  const char* name() const noexcept { return name_; }

  // --- for who lists it ---------------------------------------------------------------------------------------------------------
  const std::atomic<std::size_t>& held_word() const noexcept { return held_; }
  const std::atomic<std::size_t>& limit_word() const noexcept { return limit_; }

 private:
  bool is_passed_by(std::size_t bytes) const noexcept;
  std::size_t excess_with(std::size_t bytes) const noexcept { return held() + bytes - limit(); }
  bool has_to_report(std::size_t bytes) const noexcept;
  bool charge(std::size_t bytes, bool reports) noexcept;
  bool allows(std::size_t bytes, bool reports) const noexcept;
  void add(std::size_t bytes) noexcept;

  LimitScope scope_;
  std::atomic<LimitAction> action_{LimitAction::refuse};  // written under the charging lock, as limit_
  const char* name_;
  Budget* parent_;
  std::atomic<std::size_t> held_{0};  // grows under the charging lock once there is a limit
  std::atomic<std::size_t> limit_{0};
  std::atomic<std::size_t> reported_{
      0};  // the excess when the handler was called last; 0: not above the limit since
};

/// Of all heaps: what the process's limit bounds.
extern constinit Budget g_process_budget;

}  // namespace cenote
