/// Containers of nodes, filled with N elements and destroyed. The pool, or what else the nodes come from,
/// stays from one to the next.
///
///     list            push_back
///     map             insertion of new keys, in no order; destroyed in the order of the keys
///     unordered_map   likewise, with a table that grows; destroyed in the order of its list
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "chance.hpp"
#include "registration.hpp"

namespace cenote {

inline constexpr std::int64_t kElements[] = {1'000, 100'000};

/// Where a peer's allocators come from: `Allocator<T>`, made from a source that lives as long as a run.
// clang-format off
template <class S>
concept AllocatorSource = std::default_initializable<S> && requires(S& source) {
  { source.template get<int>() } -> std::convertible_to<typename S::template Allocator<int>>;
};
// clang-format on

template <AllocatorSource S>
struct ListCase {
  using Allocator = typename S::template Allocator<std::uint64_t>;
  static void fill(S& source, std::size_t count, Keys& keys) {
    std::list<std::uint64_t, Allocator> list{source.template get<std::uint64_t>()};
    for (std::size_t i = 0; i < count; ++i) list.push_back(keys.next());
    benchmark::DoNotOptimize(list.size());
  }
};

template <AllocatorSource S>
struct MapCase {
  using Element = std::pair<const std::uint64_t, std::uint64_t>;
  static void fill(S& source, std::size_t count, Keys& keys) {
    std::map<std::uint64_t, std::uint64_t, std::less<>, typename S::template Allocator<Element>> map{
        source.template get<Element>()};
    for (std::size_t i = 0; i < count; ++i) map.emplace(keys.next(), i);
    benchmark::DoNotOptimize(map.size());
  }
};

template <AllocatorSource S>
struct UnorderedMapCase {
  using Element = std::pair<const std::uint64_t, std::uint64_t>;
  static void fill(S& source, std::size_t count, Keys& keys) {
    std::unordered_map<std::uint64_t, std::uint64_t, std::hash<std::uint64_t>, std::equal_to<>,
                       typename S::template Allocator<Element>>
        map{source.template get<Element>()};
    for (std::size_t i = 0; i < count; ++i) map.emplace(keys.next(), i);
    benchmark::DoNotOptimize(map.size());
  }
};

template <class Case, AllocatorSource S>
void fill_containers(benchmark::State& state, std::size_t count) {
  S source;
  Keys keys;
  Case::fill(source, count, keys);
  for (auto _ : state) Case::fill(source, count, keys);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

template <template <class> class Case, AllocatorSource S>
void enter_container(const char* measured, const char* peer, Effort effort) {
  for (const std::int64_t elements : kElements) {
    const auto run = [=](benchmark::State& state) {
      fill_containers<Case<S>, S>(state, static_cast<std::size_t>(elements));
    };
    benchmark::RegisterBenchmark(run_name(measured, elements, peer).c_str(), run)
        ->Iterations(effort.iterations(300'000, static_cast<double>(elements)));
  }
}

/// Enters an allocator in all cases of this file.
template <AllocatorSource S>
void enter_containers(const char* peer, Effort effort) {
  enter_container<ListCase, S>("list", peer, effort);
  enter_container<MapCase, S>("map", peer, effort);
  enter_container<UnorderedMapCase, S>("unordered_map", peer, effort);
}

}  // namespace cenote
