"""Reads pprof's format, as far as tests look at it; written from github.com/google/pprof, proto/profile.proto."""

import collections


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """The fields of a message: {number: [value, ...]}, a value is a number or bytes."""
    found, at = collections.defaultdict(list), 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            assert key & 7 == 2, f"type {key & 7}"
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            assert len(value) == length, "a field beyond the end"
        found[key >> 3].append(value)
    return found


def packed(chunks):
    values = []
    for chunk in chunks:
        at = 0
        while at < len(chunk):
            value, at = varint(chunk, at)
            values.append(value)
    return values


def number(message, field):
    return message[field][-1] if message[field] else 0


class Profile:
    """samples: [(functions innermost first, {type: value}, {label: text})]"""

    def __init__(self, path):
        whole = fields(path.read_bytes())
        strings = [text.decode() for text in whole[6]]
        assert strings[0] == ""
        functions = {number(f, 1): f for f in map(fields, whole[5])}
        self.lines = {}  # function's name -> (file, line)
        names = {}
        for location in map(fields, whole[4]):
            names[number(location, 1)] = [strings[number(functions[number(line, 1)], 2)]
                                          for line in map(fields, location[4])] or [""]
            for line in map(fields, location[4]):
                function = functions[number(line, 1)]
                self.lines[strings[number(function, 2)]] = (strings[number(function, 4)], number(line, 2))
        types = [strings[number(fields(t), 1)] for t in whole[1]]
        self.mappings = [strings[number(fields(m), 5)] for m in whole[3]]
        self.period = number(whole, 12)
        self.samples = []
        for sample in map(fields, whole[2]):
            labels = {strings[number(fields(label), 1)]: strings[number(fields(label), 2)] for label in sample[3]}
            stack = [name for location in packed(sample[1]) for name in names[location]]
            self.samples.append((stack, dict(zip(types, packed(sample[2]), strict=True)), labels))

    def sum(self, value, matches=lambda stack, labels: True):
        return sum(values[value] for stack, values, labels in self.samples if matches(stack, labels))

    def top(self, value):
        """The name of the function that most of a value is of, itself."""
        sums = collections.Counter()
        for stack, values, _ in self.samples:
            sums[stack[0]] += values[value]
        return sums.most_common(1)[0][0]
