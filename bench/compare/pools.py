"""The pool benches: their groups, what each is compared with, and the targets that cenote's pools have."""

import dataclasses
import statistics

from compare import micro, tables

OURS = ("SingleThread", "BlockPool", "ThreadCached", "LockFree", "Locked", "NodeAllocator", "Slab", "Slab halves", "Buddy", "Heap",
        "EpochDomain", "Epoch at readers")
PEERS = ("LIMIT", "index stack", "LIMIT+mutex", "CAS stack", "boost::pool", "boost fast", "foonathan", "pmr unsync", "pmr sync", "tbb",
         "mimalloc", "system", "urcu", "mutex", "shared_mutex")
YARDSTICKS = ("LIMIT", "index stack", "LIMIT+mutex", "CAS stack")
PATTERNS = ("lifo", "fifo", "random", "churn", "bursts")
CONTAINERS = ("list", "map", "unordered_map")
MIXED = ("mixed_lifo", "mixed_random", "mixed_churn")


@dataclasses.dataclass(frozen=True)
class Group:
    """Cases with one base; a case of the program belongs to the group that has its name."""

    name: str
    title: str
    base: str
    cases: tuple


GROUPS = (
    Group("one-thread", "One thread, the blocks untouched", "LIMIT", (*PATTERNS, "pair", "many")),
    Group("objects", "One thread, each block written and read", "LIMIT", tuple(f"{name}_objects" for name in PATTERNS)),
    Group("shared", "A pool shared by one thread, by two", "LIMIT+mutex",
          ("shared_pair", "shared_churn", "shared_batch", "producer_consumer")),
    Group("mixed", "Mixed sizes, 8 to 1,024 B, one thread", "LIMIT", MIXED),
    Group("buddy", "Pages, 4 KiB to 256 KiB, untouched", "system", ("buddy_pair", "buddy_load")),
    Group("epochs", "A guard around one read by one thread, by two; a node replaced and reclaimed", "shared_mutex",
          ("epoch_guard", "epoch_retire")),
    Group("containers", "Containers filled and destroyed, a node", "system", CONTAINERS),
)


@dataclasses.dataclass(frozen=True)
class Target:
    """`ratio(times)` gives {"median", "min", "max"}, or None when a run it needs is missing; `beside` says to what."""

    what: str
    case: str
    peer: str
    beside: str
    limit: float
    at_least: bool = False

    def ratio(self, times):
        runs, base_runs = self._runs(times, self.case, self.peer), self._runs(times, *self._base(times))
        return micro.ratio(runs, base_runs) if runs and base_runs else None

    def reached(self, ratio):
        return ratio["median"] >= self.limit if self.at_least else ratio["median"] <= self.limit

    def base(self, times):
        case, peer = self._base(times)
        return peer if case == self.case else case

    def _base(self, times):
        if self.beside == "the fastest peer":
            rivals = {peer: statistics.median(runs) for peer, runs in times.get(self.case, {}).items()
                      if peer not in OURS and peer not in YARDSTICKS}
            return self.case, min(rivals, key=rivals.get, default="")
        return (self.beside, self.peer) if "/" in self.beside else (self.case, self.beside)

    @staticmethod
    def _runs(times, case, peer):
        return times.get(case, {}).get(peer)


def _throughput(case, peer="ThreadCached"):
    """Nanoseconds a block on one thread over those on two: throughput on two over that on one."""
    return Target(f"throughput of 2 threads to 1, {case}", f"{case}/1", peer, f"{case}/2", 1.9, at_least=True)


TARGETS = (
    Target("SingleThread, LIFO 1K", "lifo/1024", "SingleThread", "LIMIT", 0.8),
    Target("SingleThread, random 64K", "random/65536", "SingleThread", "LIMIT", 0.35),
    Target("ThreadCached, one thread, LIFO 1K", "lifo/1024", "ThreadCached", "LIMIT", 1.2),
    Target("ThreadCached, one thread, random 1K", "random/1024", "ThreadCached", "LIMIT", 1.2),
    Target("ThreadCached, one thread, random 64K", "random/65536", "ThreadCached", "LIMIT", 1.2),
    *(Target(f"ThreadCached, 2 threads, {name}", f"{name}/2", "ThreadCached", "LIMIT+mutex", 0.10)
      for name in ("shared_pair", "shared_churn", "shared_batch")),
    *map(_throughput, ("shared_pair", "shared_churn", "shared_batch")),
    Target("producer/consumer", "producer_consumer/2", "ThreadCached", "mimalloc", 1.0),
    Target("LockFree, uncontended, pair", "pair/1", "LockFree", "CAS stack", 1.1),
    Target("LockFree, uncontended, LIFO 1K", "lifo/1024", "LockFree", "CAS stack", 1.1),
    *(Target(f"{name}, {count:,}", f"{name}/{count}", "NodeAllocator", "the fastest peer", 1.0)
      for name in CONTAINERS for count in (1000, 100000)),
    *(Target(f"slabs, {name} {count:,}", f"{name}/{count}", "Slab", "LIMIT", 1.1) for name in MIXED for count in (1024, 65536)),
)


def in_order(times, names=(*YARDSTICKS, *OURS, *PEERS)):
    """The same with the peers of each case in the order of `names`; unknown ones last."""
    known = {peer: number for number, peer in enumerate(names)}
    return {case: dict(sorted(row.items(), key=lambda entry: known.get(entry[0], len(known))))
            for case, row in times.items()}


def of_group(times, group):
    """The cases of `group` that ran, in its order."""
    names = {name: number for number, name in enumerate(group.cases)}
    cases = [case for case in times if case.split("/")[0] in names]
    return {case: times[case] for case in sorted(cases, key=lambda case: names[case.split("/")[0]])}


def missing_peers(times, peers=PEERS):
    return [peer for peer in peers if not any(peer in row for row in times.values())]


def results(times, targets=TARGETS):
    """One dictionary a target that could be judged."""
    judged = []
    for target in targets:
        if ratio := target.ratio(times):
            judged.append({"what": target.what, "case": target.case, "peer": target.peer, "beside": target.base(times),
                           "ratio": ratio, "target": target.limit, "at_least": target.at_least,
                           "reached": target.reached(ratio)})
    return judged


def fragmentation_text(rows):
    return f"## A buddy allocator of 256 MiB after {rows[0]['operations']:,} operations\n\n" + tables.table(
        ["load", "free", "largest free block", "external fragmentation", "refused", "when all is given back"],
        [[f"{row['load_percent']} %", f"{row['free_mib']:.1f} MiB", f"{row['largest_free_mib']:.3f} MiB",
          f"{row['external_fragmentation']:.3f}", f"{row['refused']:,}",
          "one block" if row["coalesced"] else "NOT JOINED"] for row in rows])


MOVE_FIGURES = ("ns_a_move", "committed_before_mib", "committed_after_mib", "given_back_mib", "fragmentation_before", "fragmentation_after")


def movable_text(rows):
    costs, moves = ([row for row in rows if key in row] for key in ("read", "relocation"))
    compared = [(f"{name} one of {row['objects']:,}", row[name]) for name in ("read", "replace") for row in costs]
    peers = list(dict.fromkeys(peer for _, times in compared for peer in times))
    return "\n".join((
        "## Objects that may be moved, 64 B: ns\n",
        tables.table(["", *peers], [[what, *(str(times.get(peer, "")) for peer in peers)] for what, times in compared]),
        "## A compaction after nine objects of ten were destroyed by chance\n",
        tables.table(["moved by", "survivors", "moved", "ns a move", "MiB before", "after", "given back", "fragmentation before", "after"],
                     [[row["relocation"], f"{row['objects']:,}", f"{row['moved']:,}", *(str(row[key]) for key in MOVE_FIGURES)]
                      for row in moves])))


def text(times, fragmentation=(), movable=(), title="Pools", groups=GROUPS, targets=TARGETS):
    parts = [f"# {title}\n"]
    if judged := results(times, targets):
        parts.append("## Targets\n\n" + tables.table(
            ["", "of", "beside", "ratio", "least", "most", "target", ""], [_row(result) for result in judged]))
    for group in groups:
        if mine := of_group(times, group):
            table, base, peers = micro.ratio_table(mine, (group.base,))
            nanoseconds = {case: f"{statistics.median(row[base]):.1f} ns" for case, row in mine.items()}
            parts.append(tables.ratios(f"{group.title}: time relative to {base}", base, table, {}, peers, nanoseconds))
    if fragmentation:
        parts.append(fragmentation_text(fragmentation))
    if movable:
        parts.append(movable_text(movable))
    return "\n".join(parts)


def _row(result):
    ratio, sign = result["ratio"], ">=" if result["at_least"] else "<="
    return [result["what"], result["peer"], result["beside"], *(f"{ratio[key]:.2f}" for key in ("median", "min", "max")),
            f"{sign} {result['target']:.2f}", "reached" if result["reached"] else "missed"]
