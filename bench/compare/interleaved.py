"""Runs a Google Benchmark program whose runs are named case/argument/peer, with the peers of a case in turns."""

import json
import subprocess
import sys
import tempfile

SMALL_MAX = 5000  # the pages of a buddy allocator are the largest
REPETITIONS = 2  # in a process; each has its own addresses, on which some peers' times depend by half


def cases_of(program):
    """case/argument of all that the program can run."""
    listed = subprocess.run([program, "--benchmark_list_tests"], capture_output=True, text=True, check=True).stdout
    return list(dict.fromkeys("/".join(name.split("/")[:2]) for name in listed.split("\n") if name))


def named(cases, names):
    """Those of `cases` that `names` select: lifo selects lifo/1024 and lifo/65536."""
    return [case for case in cases if case in names or case.split("/")[0] in names]


def smallest(cases, groups):
    """One kind of case of each group, where its argument is small."""
    kinds = [group.cases[0] for group in groups]
    return [case for case in named(cases, kinds) if int(case.split("/")[1]) <= SMALL_MAX]


def run_all(program, cases, work, processes_of):
    """One report of all cases; `processes_of(case)` says in how many processes each is to run."""
    report = {"context": {}, "benchmarks": []}
    for number, case in enumerate(cases):
        if sys.stderr.isatty():
            print(f"\r\033[K{number + 1} of {len(cases)}: {case}", end="", file=sys.stderr)
        for process in range(processes_of(case)):
            one = _run(program, case, work)
            report["context"] = one["context"]
            report["benchmarks"] += [
                {**benchmark, "family_index": (number, process, benchmark["repetition_index"])}
                for benchmark in one["benchmarks"] if benchmark["run_type"] == "iteration"]
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return report


def _run(program, case, work):
    """The report of one process: one case under all peers, shuffled, so that the runs to be compared lie close in time."""
    with tempfile.NamedTemporaryFile(suffix=".json") as output:
        done = subprocess.run(
            [program, f"--work={work}", f"--benchmark_filter=^{case}/",
             f"--benchmark_repetitions={REPETITIONS}", "--benchmark_enable_random_interleaving=true",
             "--benchmark_out_format=json", f"--benchmark_out={output.name}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{program}: {case} failed with status {done.returncode}:\n{done.stderr}")
        return json.load(output)
