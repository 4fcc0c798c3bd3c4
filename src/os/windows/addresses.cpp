#include "os/windows/addresses.hpp"

#include <algorithm>

#include <cenote/detail/bits.hpp>

#include "os/windows/system_call.hpp"

namespace cenote::os {
namespace {

// Reservations begin at multiples of this (SYSTEM_INFO::dwAllocationGranularity, on every machine so far).
constexpr std::size_t kGranularity = std::size_t{64} << 10;
// How often another thread may take the addresses that were found before they are asked for.
constexpr int kAttempts = 64;

// As <winnt.h> has them, but for versions before Windows 10.
using VirtualAlloc2Call = void*(WINAPI*)(HANDLE process, void* base, SIZE_T bytes, ULONG how,
                                         ULONG protection, MEM_EXTENDED_PARAMETER* parameters,
                                         ULONG parameter_count);

std::byte* take(void* where, std::size_t bytes, DWORD how, DWORD protection) noexcept {
  return static_cast<std::byte*>(::VirtualAlloc(where, bytes, how, protection));
}

// Windows 10 1803 and later align by themselves.
std::byte* take_aligned(VirtualAlloc2Call call, std::size_t bytes, std::size_t alignment, DWORD how,
                        DWORD protection) noexcept {
  MEM_ADDRESS_REQUIREMENTS requirements{};
  requirements.Alignment = alignment;
  MEM_EXTENDED_PARAMETER parameter{};
  parameter.Type = MemExtendedParameterAddressRequirements;
  parameter.Pointer = &requirements;
  return static_cast<std::byte*>(call(nullptr, nullptr, bytes, how, protection, &parameter, 1));
}

Region region_at(std::byte* start, std::size_t bytes) noexcept {
  return start == nullptr ? Region{} : Region{start, bytes};
}

}  // namespace

// A part of a reservation cannot be given back: find a place, give all of it back, and ask for the aligned
// part at once.
Region take_addresses_by_trial(std::size_t bytes, std::size_t alignment, DWORD how,
                               DWORD protection) noexcept {
  if (bytes + alignment < bytes) return {};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::byte* const wide = take(nullptr, bytes + alignment, MEM_RESERVE, PAGE_NOACCESS);
    if (wide == nullptr) return {};
    std::byte* const aligned = wide + (align_up(address_of(wide), alignment) - address_of(wide));
    give_addresses(wide);
    if (std::byte* const start = take(aligned, bytes, how, protection)) return {start, bytes};
  }
  return {};
}

Region take_addresses(std::size_t bytes, std::size_t alignment, DWORD how, DWORD protection) noexcept {
  if (alignment <= kGranularity) return region_at(take(nullptr, bytes, how, protection), bytes);
  const auto call = find_system_call<VirtualAlloc2Call>("VirtualAlloc2");
  if (call == nullptr) return take_addresses_by_trial(bytes, alignment, how, protection);
  return region_at(take_aligned(call, bytes, alignment, how, protection), bytes);
}

void give_addresses(std::byte* start) noexcept { ::VirtualFree(start, 0, MEM_RELEASE); }

}  // namespace cenote::os
