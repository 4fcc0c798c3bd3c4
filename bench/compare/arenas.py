"""The arena benches: their groups, what each is compared with, and the targets that cenote's arenas have."""

from compare.pools import Group, Target

OURS = ("FixedArena", "Arena", "ConcurrentArena", "Arena+mutex")
PEERS = ("pmr monotonic", "foonathan", "protobuf", "LLVM", "malloc", "pmr+mutex")
YARDSTICKS = ("LIMIT", "CAS cursor")

GROUPS = (
    Group("bump", "One thread, blocks and a reset", "LIMIT", ("bump", "mixed", "written", "scratch")),
    Group("objects", "Objects with destructors", "protobuf", ("objects",)),
    Group("shared", "An arena shared by one thread, by two", "Arena+mutex", ("shared",)),
)

BUMPS = ("bump/8", "bump/64", "bump/256", "mixed/1000")
TARGETS = (
    *(Target(f"{arena}, {case}", case, arena, "LIMIT", 1.05) for arena in ("FixedArena", "Arena") for case in BUMPS),
    *(Target(f"Arena, {case}", case, "Arena", peer, 1.0)
      for peer in ("pmr monotonic", "foonathan", "protobuf", "LLVM") for case in BUMPS),
    *(Target(f"Arena, {case}", case, "Arena", "protobuf", 1.0) for case in ("objects/10", "objects/1000")),
    *(Target(f"ConcurrentArena, {threads} threads", f"shared/{threads}", "ConcurrentArena", peer, 1.0)
      for peer in ("Arena+mutex", "protobuf") for threads in (1, 2)),
)
