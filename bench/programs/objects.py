"""Dictionaries, lists, strings and objects in Python, with PYTHONMALLOC=malloc."""

import json
import random

random.seed(3)


class Node:
    def __init__(self, name, weight):
        self.name, self.weight, self.children = name, weight, []


def build(depth):
    node = Node(f"node-{random.randrange(10**6)}", random.random())
    if depth:
        node.children = [build(depth - 1) for _ in range(4)]
    return node


def as_dict(node):
    return {"name": node.name, "weight": node.weight, "children": [as_dict(child) for child in node.children]}


total = 0
for _ in range(3):
    text = json.dumps(as_dict(build(7)))
    words = {}
    for word in text.replace('"', " ").split():
        words.setdefault(word, []).append(len(word))
    total += len(text) + sum(len(lengths) for lengths in words.values())
print(total)
