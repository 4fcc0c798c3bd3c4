/// Whose a slab, or a block with memory of its own, is.
#pragma once

namespace cenote {

/// A heap's depot, or a SlabAllocator. Only its identity matters to the engine.
class SlabHolder {};

}  // namespace cenote
