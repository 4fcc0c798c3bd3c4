#!/usr/bin/python3
"""Adds up what ctest, or Node, found in several builds: test_total.py <junit file>...

Names the tests that failed and, by reason, those that were skipped; ends in ctest's own closing lines. A test that is
skipped without a reason, or could not be started, counts as failed. The exit status is 1 when a test failed, or a build
has no tests.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

Outcome = collections.namedtuple("Outcome", "build name status seconds output")


def outcomes(path):
    """The tests of one junit file; status is run, fail, notrun (skipped) or disabled."""
    for case in ElementTree.parse(path).iter("testcase"):
        yield from within(Outcome(path.parent.name, case.get("name"), case.get("status") or status_by_node(case),
                                  float(case.get("time") or 0), case.findtext("system-out") or said_to_node(case)))


def status_by_node(case):
    """Node writes no status, but an element into a test that failed or was skipped."""
    return "notrun" if case.find("skipped") is not None else "fail" if case.find("failure") is not None else "run"


def said_to_node(case):
    """Node gives "true" where a test gives no reason."""
    skipped = case.find("skipped")
    return "" if skipped is None or skipped.get("message") == "true" else f"SKIPPED: {skipped.get('message')}"


GTEST = re.compile(r"^\[ RUN      \] (?P<name>\S+)\n(?P<output>.*?)(?=^\[ RUN      \] |\Z)", re.M | re.S)
GTEST_END = re.compile(r"^\[ +(OK|SKIPPED|FAILED) +\] .*\((\d+) ms\)$", re.M)
GTEST_STATUS = {"OK": "run", "SKIPPED": "notrun", "FAILED": "fail"}


UNITTEST = re.compile(r"^(?P<name>test_\w+) \(.+?\)(?:\n.*?)? \.\.\. .*?(?P<end>ok|FAIL|ERROR|skipped '(?P<reason>.*)')$", re.M)


def within(test):
    """The tests within a test of ctest that is a whole program of GoogleTest or a script of unittest; else it itself."""
    return within_googletest(test) or within_unittest(test) or [test]


def within_unittest(test):
    """Of a script that unittest runs with `-v`."""
    tests = []
    for each in UNITTEST.finditer(test.output):
        status = "run" if each["end"] == "ok" else "notrun" if each["reason"] else "fail"
        tests.append(Outcome(test.build, f"{test.name}.{each['name']}", status, 0, f"SKIPPED: {each['reason']}"))
    return with_its_end(test, tests)


def with_its_end(test, tests):
    """`tests`, whose first has the time of all where none has its own, and a failure of the program beside theirs."""
    if tests and not any(each.seconds for each in tests):
        tests[0] = tests[0]._replace(seconds=test.seconds)
    if tests and test.status != "run" and all(each.status != "fail" for each in tests):
        tests.append(test._replace(name=f"{test.name} (its end)"))
    return tests


def within_googletest(test):
    found = list(GTEST.finditer(test.output))
    if len(found) < 2:
        return []
    tests = []
    for each in found:
        end = GTEST_END.search(each["output"])  # none: the program died in it, or ctest has cut what it said
        status = GTEST_STATUS[end[1]] if end else "run" if test.status == "run" else "fail"
        tests.append(Outcome(test.build, f"{test.name}.{each['name']}", status, int(end[2]) / 1000 if end else 0,
                             each["output"]))
    return with_its_end(test, tests)


def skip_reason(test):
    """A script says `SKIPPED: reason`; GoogleTest writes `file:line: Skipped` and the reason on the next line."""
    if test.status == "disabled":
        return "disabled in the source"
    found = re.search(r"^SKIP(?:PED)?:\s*(.+)$|: Skipped\n(.+)$", test.output, re.M)
    return (found.group(1) or found.group(2)).strip() if found and test.status == "notrun" else ""


def print_skipped(skipped):
    by_reason = collections.defaultdict(list)
    for test in skipped:
        by_reason[skip_reason(test)].append(f"{test.build}:{test.name}")
    print(f"{len(skipped)} skipped" + (":" if skipped else ""))
    for reason, names in sorted(by_reason.items()):
        print(f"  {len(names)} x {reason}: {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}")


def main(paths):
    by_build = {path.parent.name: list(outcomes(path)) if path.exists() else [] for path in paths}
    tests = [test for build in by_build.values() for test in build]
    missing = [name for name, build in by_build.items() if not build]
    skipped = [test for test in tests if skip_reason(test)]
    failed = [test for test in tests if test.status != "run" and not skip_reason(test)]
    ran = len(tests) - len(skipped)

    for name, build in by_build.items():
        print(f"{name:11} {len(build):5} tests, {sum(test.seconds for test in build):6.1f} s")
    print_skipped(skipped)
    for name in missing:
        print(f"FAILED: {name} has no tests (did its build fail? see above)")
    for test in failed:
        print(f"FAILED: {test.build}:{test.name}")

    passed_percent = 100 * (ran - len(failed)) // ran if ran else 0
    print(f"\n{passed_percent}% tests passed, {len(failed)} tests failed out of {ran}")
    print(f"Total Test time (real) = {sum(test.seconds for test in tests):.2f} sec")
    return 1 if failed or missing or not ran else 0


if __name__ == "__main__":
    sys.exit(main([pathlib.Path(argument) for argument in sys.argv[1:]]))
