/// The budgets that heaps share: one for each name, all within the process's.
///
/// A name has a budget as long as a heap has that name, or a limit is set for it. Budgets lie in memory that is never given back, only used
/// again.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/listing.hpp>

#include "pool_support/budget.hpp"

namespace cenote::named_budgets {

struct NamedBudget {
  explicit constexpr NamedBudget(std::string_view of) noexcept
      : budget{LimitScope::name, name, &g_process_budget} {
    of.copy(name, stats::kNameMax);
  }

  char name[stats::kNameMax + 1] = {};
  Budget budget;
  std::size_t members = 1;          // under the lock: heaps, and calls under way
  NamedBudget* next = nullptr;      // under the lock
  stats::Listed* listed = nullptr;  // by who sets limits, one at a time; made with the first limit
};

/// Of heaps named "malloc": the process's own is always one of them.
extern constinit NamedBudget g_malloc;

/// The budget to which one more heap of that name is charged; the process's for the empty name. Null when the system refuses memory.
Budget* join(std::string_view name) noexcept;
/// One heap less; its bytes were given back. `shared`: as joined.
void leave(Budget& shared) noexcept;

/// Sets the limit that the user wants for the name, where he does (wished_limit.hpp). A name that nobody had gets it when it is joined.
void set_wished_limit(std::string_view name) noexcept;

}  // namespace cenote::named_budgets
