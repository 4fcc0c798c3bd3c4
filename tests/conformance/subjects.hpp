/// The pools that the conformance suites run on. A further pool is a few lines here: how to make one, and
/// what it promises.
#pragma once

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/sampled_types.hpp"

namespace cenote::test {

/// A heap of its own.
template <Hardening hardening>
struct OwnHeap {
  static constexpr bool detects_double_free = hardening != Hardening::trusting;
  static constexpr const char* pool_name = "subject";

  Heap& pool() { return heap; }
  static Heap make(std::size_t limit_bytes = 0) {
    return Heap{{.name = pool_name, .limit_bytes = limit_bytes, .hardening = hardening}};
  }

  Heap heap = make();
};

struct TrustingHeap : OwnHeap<Hardening::trusting> {};
struct CheckedHeap : OwnHeap<Hardening::checked> {};
struct FullHeap : OwnHeap<Hardening::full> {};

/// The heap of the whole process: trusting, since it is malloc's.
struct ProcessHeap {
  static constexpr bool detects_double_free = false;
  static constexpr const char* pool_name = "";

  static Heap& pool() { return Heap::process(); }
};

/// What every pool of mixed sizes promises.
template <class Subject>
class PoolConformance : public testing::Test {
 protected:
  Subject subject;
  decltype(subject.pool()) pool = subject.pool();
};
using AllPools =
    SampledTypes<testing::Types<FullHeap, ProcessHeap>, testing::Types<TrustingHeap, CheckedHeap>>;

/// What a heap that the caller makes promises beyond that.
template <class Subject>
class HeapConformance : public testing::Test {};
using OwnHeaps = testing::Types<TrustingHeap, CheckedHeap, FullHeap>;

}  // namespace cenote::test
