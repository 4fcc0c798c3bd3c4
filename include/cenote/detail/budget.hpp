/// Bytes that may be held: a limit, what is held of it, and the budget that both belong to.
///
///     process <-- all pools named "parser" <-- one heap named "parser", which has a limit of its own
///                                          <-- a fixed pool named "parser"
///             <-- all pools named "malloc" <-- malloc
///             <-- a pool without a name
///
/// What is charged to a budget is charged to those above it too, to all or to none of them. A pool charges
/// what it is about to take from the system, and uncharges what it has returned; one whose memory is another
/// pool's charges nothing.
///
/// Invariants  no charge takes a budget above a limit that refuses, at any level, not for a moment; the bytes
///             of a budget are at least those of the budgets below it.
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>
#include <utility>

#include <cenote/handlers.hpp>

namespace cenote {

/// Whether a limit of the process has ever been one that reports.
extern constinit std::atomic<bool> g_limits_report;

/// Threads     any. Charging takes no lock until the first limit of the process is set, and giving back never
///             does.
class Budget {
 public:
  constexpr Budget(LimitScope scope, const char* name, Budget* parent) noexcept
      : scope_{scope}, name_{name}, parent_{parent} {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// False when a limit forbids it, or when passing a limit has to be reported first (`report_passing`): then
  /// nothing has changed.
  [[nodiscard]] bool charge(std::size_t bytes) noexcept { return charge(bytes, true); }
  /// The same, but passes a limit that reports: `report_passed` is to follow when the caller holds no lock.
  [[nodiscard]] bool charge_unreported(std::size_t bytes) noexcept { return charge(bytes, false); }
  /// Gives back what was charged.
  void uncharge(std::size_t bytes) noexcept;

  /// At most `bytes` from now on, for what is charged from now on; 0: no limit. What is held stays.
  void set_limit(std::size_t bytes, LimitAction action) noexcept;
  std::size_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  LimitAction action() const noexcept { return action_.load(std::memory_order_relaxed); }
  std::size_t held() const noexcept { return held_.load(std::memory_order_relaxed); }

  /// Whose refusing limit is in the way of `bytes` more, this budget's or one above; null when none is.
  Budget* refuser_of(std::size_t bytes) noexcept;
  /// Calls the limit handler for each limit whose passing by `bytes` more is to be reported. True when there
  /// was one: then the charge is worth another try. No lock may be held.
  bool report_passing(std::size_t bytes) noexcept;
  /// Calls the limit handler for each limit that has been passed and whose passing is to be reported. No lock
  /// may be held.
  void report_passed() noexcept {
    if (g_limits_report.load(std::memory_order_relaxed)) [[unlikely]]
      static_cast<void>(report_passing(0));
  }

  /// Whether what is charged here is charged to `other`, too.
  bool is_within(const Budget& other) const noexcept;

  LimitScope scope() const noexcept { return scope_; }
  const char* name() const noexcept { return name_; }

  // --- for who lists it ------------------------------------------------------------------------------------
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
  // the excess when the handler was called last; 0: not above the limit since
  std::atomic<std::size_t> reported_{0};
};

/// Of all pools and heaps: what the process's limit bounds.
extern constinit Budget g_process_budget;

}  // namespace cenote

namespace cenote::detail {

/// What a pool has charged to the budget of its name, or to the process's when it has no name. Its end
/// uncharges what is left.
///
/// Threads     one at a time: the pool's lock.
class PoolBudget {
 public:
  /// Joins no budget: nothing may be charged.
  PoolBudget() noexcept = default;
  explicit PoolBudget(std::string_view name) noexcept;
  /// Joins the budget that `other` has joined, and charges nothing.
  explicit PoolBudget(const PoolBudget& other) noexcept;
  PoolBudget(PoolBudget&& other) noexcept { swap(other); }
  PoolBudget& operator=(PoolBudget&& other) noexcept {
    PoolBudget taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~PoolBudget();

  /// False when a limit refuses: then nothing has changed. A limit that reports is passed; `report_passed` is
  /// to follow.
  [[nodiscard]] bool charge(std::size_t bytes) noexcept {
    if (!shared_->charge_unreported(bytes)) return false;
    charged_ += bytes;
    return true;
  }
  /// Of what was charged.
  void uncharge(std::size_t bytes) noexcept {
    charged_ -= bytes;
    shared_->uncharge(bytes);
  }
  std::size_t charged() const noexcept { return charged_; }
  /// No lock may be held.
  void report_passed() const noexcept { shared_->report_passed(); }

  /// Of all pools of the name.
  Budget& shared() const noexcept { return *shared_; }

 private:
  void swap(PoolBudget& other) noexcept {
    std::swap(shared_, other.shared_);
    std::swap(charged_, other.charged_);
  }

  Budget* shared_ = nullptr;
  std::size_t charged_ = 0;
};

/// Reports at the end of a scope the limits that were passed in it. It is declared before the guard of the
/// pool's lock, so that it reports after the lock is released.
class [[nodiscard]] LimitReporter {
 public:
  explicit LimitReporter(const PoolBudget& budget) noexcept : budget_{budget} {}
  ~LimitReporter() { budget_.report_passed(); }
  LimitReporter(const LimitReporter&) = delete;
  LimitReporter& operator=(const LimitReporter&) = delete;

 private:
  const PoolBudget& budget_;
};

}  // namespace cenote::detail
