"""Runs programs under allocators in turns, so that a slow minute of the machine falls on all of them alike."""

import dataclasses
import pathlib

from compare import measure


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    command: tuple
    stdin: pathlib.Path | None = None
    env: dict | None = None


@dataclasses.dataclass
class Results:
    """samples[program][allocator] is a list, one sample a round; failures name what went wrong instead."""

    samples: dict = dataclasses.field(default_factory=dict)
    failures: dict = dataclasses.field(default_factory=dict)

    def update(self, other):
        self.samples.update(other.samples)
        self.failures.update(other.failures)


def run_in_turns(launcher, programs, allocators, rounds, announce):
    """A B C, B C A, ...: `rounds` runs of each program under each of `allocators` (name -> library)."""
    results = Results({program.name: {name: [] for name in allocators} for program in programs})
    names = list(allocators)
    for number in range(rounds):
        for program in programs:
            announce(f"round {number + 1} of {rounds}: {program.name}")
            for turn in range(len(names)):
                name = names[(turn + number) % len(names)]
                if (program.name, name) not in results.failures:
                    _run_once(launcher, program, name, allocators[name], results)
    _compare_checksums(results)
    return results


def _run_once(launcher, program, name, library, results):
    stdin = open(program.stdin, "rb") if program.stdin else measure.subprocess.DEVNULL
    try:
        sample = measure.run(launcher, program.command, library, env=program.env, stdin=stdin)
        results.samples[program.name][name].append(sample)
    except measure.Failure as failure:
        results.failures[program.name, name] = str(failure)
        results.samples[program.name].pop(name, None)
    finally:
        if program.stdin:
            stdin.close()


def _compare_checksums(results):
    """A program whose output differs from what it said under the first allocator was broken by its own."""
    for program, by_allocator in results.samples.items():
        expected = next((samples[0].checksum for samples in by_allocator.values() if samples), None)
        for name in list(by_allocator):
            if any(sample.checksum != expected for sample in by_allocator[name]):
                results.failures[program, name] = "another checksum than the first allocator's"
                del by_allocator[name]
