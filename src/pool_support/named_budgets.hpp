/// The budgets that pools and heaps share: one for each name, all within the process's.
///
/// A name has a budget as long as a pool has that name, or a limit is set for it. Budgets lie in memory that
/// is never given back, only used again.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/budget.hpp>
#include <cenote/detail/listing.hpp>

namespace cenote::named_budgets {

struct NamedBudget {
  explicit constexpr NamedBudget(std::string_view of) noexcept
      : budget{LimitScope::name, name, &g_process_budget} {
    of.copy(name, stats::kNameMax);
  }

  char name[stats::kNameMax + 1] = {};
  Budget budget;
  std::size_t members = 1;          // under the lock: pools, heaps, and calls under way
  NamedBudget* next = nullptr;      // under the lock
  stats::Listed* listed = nullptr;  // by who sets limits, one at a time; made with the first limit
};

/// Of heaps named "malloc": the process's own is always one of them.
extern constinit NamedBudget g_malloc;

/// The budget to which one more pool of that name is charged. The process's for the empty name, and for a
/// name that is new when the system refuses memory for its budget: it has no limit then.
Budget& join(std::string_view name) noexcept;
/// The same for one more pool of a name that is joined already.
Budget& join(Budget& shared) noexcept;
/// One pool less, whose bytes were uncharged. `shared`: as joined.
void leave(Budget& shared) noexcept;

/// Sets the limit that the user wants for the name, where he does (wished_limit.hpp). A name that nobody had
/// gets it when it is joined.
void set_wished_limit(std::string_view name) noexcept;

}  // namespace cenote::named_budgets
