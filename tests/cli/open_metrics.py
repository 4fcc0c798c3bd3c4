"""A strict reader of OpenMetrics text: what it does not understand is an error.

Source: https://github.com/OpenObservability/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md, sections "ABNF" and "Overall Structure".
"""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\d+(?:\.\d+)?)")
DESCRIPTION = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")
SUFFIX = {"gauge": "", "counter": "_total"}


class Wrong(Exception):
    """The text is no OpenMetrics."""


def labels_of(text):
    found, at = {}, 0
    while at < len(text):
        label = LABEL.match(text, at)
        if not label or label[1] in found:
            raise Wrong(f"labels: {text}")
        found[label[1]] = re.sub(r"\\(.)", lambda escaped: {"n": "\n"}.get(escaped[1], escaped[1]), label[2])
        at = label.end()
    return found


def parse(text):
    """{family: [(labels, value)]}"""
    if not text.endswith("# EOF\n"):
        raise Wrong("no end")
    families, kinds, units, current = {}, {}, {}, None
    series = set()
    for line in text.splitlines()[:-1]:
        described = DESCRIPTION.fullmatch(line)
        if described:
            what, name, rest = described.groups()
            if what == "TYPE":
                if name in families or rest not in SUFFIX:
                    raise Wrong(f"a second family, or an unknown type: {line}")
                families[name], kinds[name], current = [], rest, name
            if name != current or families[name]:
                raise Wrong(f"families are mixed: {line}")
            if what == "UNIT":
                units[name] = rest
                if not name.endswith("_" + rest):
                    raise Wrong(f"the name lacks its unit: {line}")
            continue
        sample = SAMPLE.fullmatch(line)
        if not sample or current is None or sample[1] != current + SUFFIX[kinds[current]]:
            raise Wrong(f"neither a description nor a sample of {current}: {line}")
        labels = labels_of(sample[2] or "")
        key = (current, tuple(sorted(labels.items())))
        if key in series:
            raise Wrong(f"twice: {line}")
        series.add(key)
        families[current].append((labels, float(sample[3])))
    return families
