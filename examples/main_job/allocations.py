"""Allocates as Python programs do: dictionaries, strings, objects, JSON. `make run` runs it under the system's malloc and
under cenote, with PYTHONMALLOC=malloc so that Python's own pools do not stand before them."""

import json
import random


class Node:
    """A tree of small objects."""

    def __init__(self, depth, rng):
        self.name = f"node-{rng.randrange(10**9):09d}"
        self.weight = rng.random()
        self.children = [Node(depth - 1, rng) for _ in range(4)] if depth else []

    def as_dict(self):
        return {"name": self.name, "weight": self.weight, "children": [child.as_dict() for child in self.children]}


def trees(rounds, rng):
    """Builds trees, writes them as JSON and reads them back; only one lives at a time."""
    total = 0
    for _ in range(rounds):
        text = json.dumps(Node(6, rng).as_dict())
        total += len(text) + len(json.loads(text)["children"])
    return total


def words(count, rng):
    """Counts words in a dictionary that grows and is thinned out again."""
    seen = {}
    for step in range(count):
        word = "".join(rng.choices("abcdefgh", k=rng.randrange(3, 7)))
        seen.setdefault(word, []).append(step)
        if step % 50_000 == 49_999:
            seen = {key: steps for key, steps in seen.items() if len(steps) % 3}
    return sum(map(len, seen.values()))


def buffers(count, rng):
    """Keeps the last thousand buffers of very different sizes."""
    kept = [b""] * 1000
    for step in range(count):
        kept[step % len(kept)] = bytes(int(rng.paretovariate(0.9) * 24) % 200_000)
    return sum(map(len, kept))


if __name__ == "__main__":
    rng = random.Random(7)
    print(trees(15, rng), words(700_000, rng), buffers(900_000, rng))
