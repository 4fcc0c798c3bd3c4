"""GDB pretty-printers for cenote: pools, handles, arenas and Result. In gdb: source .../cenote_gdb.py

A printer reads the memory of the program and calls none of its functions, so it works on core files, inside
signal handlers and while other threads hold locks. An object that was moved from, destroyed or not yet
constructed is printed as such.

Types are found through the members of the value, so that namespaces may change. Only BuddyShelf, NumaPart and
AllocError, to which no member points, are looked up, in the namespace of the type that uses them.
"""

import re

import gdb
import gdb.printing
import gdb.types

LIST_MAX = 1 << 16  # a list that is longer is damaged memory
BYTES_MAX = 1 << 60  # no pool or arena has so many
LOW_HALF = 0xFFFFFFFF
ANY_NAMESPACE = r"(?:\w+::)*"


class MovedFrom(Exception):
    """The object holds nothing."""


class NotInitialised(Exception):
    """The members contradict each other."""


class NoDebugInformation(Exception):
    """The layout of a type that only the library defines is unknown to gdb."""


# --- values -------------------------------------------------------------------------------------------------


def is_class(type_):
    return type_.strip_typedefs().code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)


def data_members(type_):
    """The fields of a class that take room in an object: base classes and members."""
    return [field for field in type_.strip_typedefs().fields() if hasattr(field, "bitpos")]


def scalar(value):
    """The one number or pointer in a value; of std::atomic, whichever standard library it is of."""
    while is_class(value.type):
        value = value[data_members(value.type)[0]]
    return value


def number(value):
    return int(scalar(value))


def object_at(pointer):
    """What a pointer names; its type may be one that only the library defines."""
    pointed = scalar(pointer).dereference()
    if not pointed.type.strip_typedefs().fields():
        raise NoDebugInformation
    return pointed


def find(value, name):
    """The member `name` of a value or of one of its members, the nearest first."""
    level = [value]
    while level:
        for one in level:
            if gdb.types.has_field(one.type.strip_typedefs(), name):
                return one[name]
        level = [one[field] for one in level for field in data_members(one.type) if is_class(field.type)]
    raise gdb.error(f"There is no member named {name}.")


def items(first, next_of):
    """The objects of a list through pointers."""
    pointer = scalar(first)
    for _ in range(LIST_MAX):
        if int(pointer) == 0:
            return
        yield object_at(pointer)
        pointer = scalar(next_of(pointer.dereference()))
    raise NotInitialised


def sibling(type_, name):
    """The type `name` of the namespace in which `type_` is."""
    scope = re.match(rf"({ANY_NAMESPACE})\w+", type_.strip_typedefs().unqualified().tag).group(1)
    return gdb.lookup_type(scope + name)


def align_up(address, alignment):
    return (address + alignment - 1) // alignment * alignment


# --- text ---------------------------------------------------------------------------------------------------


def label(type_):
    """The type's name as the program's source has it: no namespaces of cenote, std::string, Handle."""
    name = re.sub(r"\bcenote::(?:(?:detail|v\d\w*)::)*", "", str(type_.strip_typedefs().unqualified()))
    name = re.sub(r"\bstd::(?:\w+::)*basic_string<char, std::(?:\w+::)*char_traits<char>, "
                  r"std::(?:\w+::)*allocator<char> ?>", "std::string", name)
    name = re.sub(r"\bstd::(?:\w+::)*unique_ptr<.*?, (FixedPool<.*>)::Deleter ?>", r"\1::Handle", name)
    return name.replace(" >", ">")


def enumerator(value):
    return str(value).rpartition("::")[2]


def in_bytes(count):
    """Exact, in the largest unit that needs no fraction."""
    if not 0 <= count < BYTES_MAX:
        raise NotInitialised
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count != 0 and count % (1 << shift) == 0:
            return f"{count >> shift} {unit}"
    return counted(count, "byte")


def counted(count, noun):
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def quoted(chars):
    """A name as ` "name"`, or "" for a pool without one."""
    first, last = chars.type.strip_typedefs().range()
    text = bytearray(int(chars[i]) & 0xFF for i in range(first, last + 1)).partition(b"\0")[0]
    try:
        name = text.decode()
    except UnicodeDecodeError:
        raise NotInitialised from None
    if not all(char.isprintable() for char in name) or len(text) > last - first:
        raise NotInitialised
    return f' "{name}"' if name else ""


def limit(count):
    return f"limit {in_bytes(count)}" if count else "no limit"


# --- printers -----------------------------------------------------------------------------------------------


class Printer:
    """Turns every failure to read the value into text. Derived classes define text()."""

    def __init__(self, value):
        code = value.type.strip_typedefs().code
        is_reference = code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF)
        self.value = value.referenced_value() if is_reference else value
        self.label = label(self.value.type)
        self.members = []
        self.summary = self.read()

    def read(self):
        try:
            return self.label + self.text()
        except MovedFrom:
            return f"{self.label}: moved from, or destroyed"
        except NoDebugInformation:
            return f"{self.label}: the library has no debug information"
        except (NotInitialised, OverflowError):
            return f"{self.label}: not initialised, or damaged"
        except gdb.MemoryError:
            return f"{self.label}: not initialised, or its memory is not readable"
        except Exception as error:  # whatever it is, gdb goes on
            return f"{self.label}: not readable ({error})"

    def to_string(self):
        return self.summary

    def children(self):
        return iter(self.members)

    def core(self):
        pointer = self.value["core_"]
        while is_class(pointer.type):
            pointer = pointer["core_"]
        if int(pointer) == 0:
            raise MovedFrom
        return object_at(pointer)

    def add_object(self, pointer):
        """Prints what a handle names, where that is readable, and returns ` to <address>`."""
        pointed = pointer.dereference()
        pointed.fetch_lazy()
        self.members.append(("object", pointed))
        return f" to {int(pointer):#x}"


class ResultPrinter(Printer):
    """The value, or the error's name."""

    def text(self):
        error = number(self.value["error_"])
        if error != 0:
            return ": " + self.error_name(error)
        if self.value.type.strip_typedefs().template_argument(0).code == gdb.TYPE_CODE_VOID:
            return ": no error"
        self.members.append(("value", self.value["value_"]))
        return ""

    def error_name(self, error):
        for field in sibling(self.value.type, "AllocError").fields():
            if field.enumval == error:
                return enumerator(field.name)
        raise NotInitialised


class EqualBlocksPrinter(Printer):
    """FixedPool and BlockPool."""

    def text(self):
        core = self.core()
        space = core["space_"]
        plan = space["plan_"]
        name = quoted(space["name_"])
        passed = int(space["passed_"]) != 0
        if passed:
            blocks = space["passed_"].dereference()
            in_use, capacity = number(blocks["in_use_"]), number(blocks["capacity_"])
            capacity_max = int(plan["passed_capacity_max"])
        else:
            capacity, capacity_max = number(space["capacity_"]), int(plan["capacity_max"])
            if capacity > capacity_max:
                raise NotInitialised
            in_use = self.in_use(core, capacity - number(space["stock_"]))
        text = f"{name}: {in_use} of {capacity} blocks in use, {in_bytes(int(plan['block_bytes']))} each"
        if capacity_max > capacity:
            text += f", grows to {capacity_max}"
        return text + (", every block from malloc" if passed else "")

    @staticmethod
    def in_use(core, circulating):
        if gdb.types.has_field(core.type.strip_typedefs(), "stack_"):  # LockFree
            stack = core["stack_"]
            none = (1 << int(stack["slot_bits_"])) - 1
            top = number(stack["head_"]) & none
            free = 0 if top == none else number((stack["links_"] + top).dereference()) >> 32
            return (number(stack["circulating_"]) & LOW_HALF) - free
        if gdb.types.has_field(core.type.strip_typedefs(), "free_"):  # SingleThread, Locked
            return circulating - (int(core["free_"]["word_"]) & LOW_HALF)
        cached = sum(number(cache["word"]) & LOW_HALF  # ThreadCached
                     for cache in items(core["caches_"], lambda cache: cache["next"]))
        return circulating - (int(core["depot_"]["word_"]) & LOW_HALF) - cached


class SlabAllocatorPrinter(Printer):
    def text(self):
        core = self.core()
        blocks = int(core["large_blocks_"])
        for slab in items(core["held_"]["first_"], lambda slab: slab["held_link"]["next"]):
            if enumerator(slab["kind"]) == "slab":
                blocks += int(slab["countdown"]) + int(slab["bias"]) & LOW_HALF
        budget = core["budget_"]
        return (f"{quoted(core['name_'])}: {counted(blocks, 'block')} in use, "
                f"{in_bytes(number(budget['held_']))} held, {limit(number(budget['limit_']))}")


class BuddyAllocatorPrinter(Printer):
    def text(self):
        core = self.core()
        shift, units = int(core["geometry_"]["unit_shift_"]), int(core["geometry_"]["units_"])
        name = quoted(core["name_"])
        plan = core["plan_"]
        first = core["reserved_"]["start"] + int(plan["first_shelf"])
        shelves = first.cast(sibling(core.type, "BuddyShelf").pointer())
        count = int(plan["shelves"])
        if count > LIST_MAX:
            raise NotInitialised
        blocks = sum(int(shelves[i]["blocks_"]["now_"]) for i in range(count))
        used = sum(int(shelves[i]["units_"]["now_"]) for i in range(count)) << shift
        return (f"{name}: {in_bytes(used)} of {in_bytes(units << shift)} in use "
                f"in {counted(blocks, 'block')}, the smallest of {in_bytes(1 << shift)}")


class NumaPoolPrinter(Printer):
    def text(self):
        core = self.core()
        name = quoted(core["name_"])
        part = sibling(core.type, "NumaPart")
        start = int(core.address) + align_up(core.type.sizeof, part.alignof)
        parts = gdb.Value(start).cast(part.pointer())
        count = int(core["part_count_"])
        if count > LIST_MAX:
            raise NotInitialised
        used = sum(number(parts[i]["bytes_in_use_"]) for i in range(count))
        capacity = sum(int(parts[i]["bytes_"]) for i in range(count))
        return (f"{name}: {in_bytes(used)} of {in_bytes(capacity)} in use on {counted(count, 'node')}, "
                f"{enumerator(core['policy_'])}")


class MovablePoolPrinter(Printer):
    def text(self):
        core = self.core()
        plan = core["frames_"]["plan_"]
        return (f"{quoted(core['name_'])}: {number(core['objects_'])} of {int(plan['objects_max'])} objects "
                f"in use, {in_bytes(int(plan['object_bytes']))} each")


class PoolManagerPrinter(Printer):
    def text(self):
        core = self.core()

        def amount(of):
            return f"{counted(int(core[f'blocks_{of}_']), 'block')} ({in_bytes(int(core[f'bytes_{of}_']))})"

        return (f"{quoted(core['name_'])}: {amount('in_use')} in use, {amount('free')} free, "
                f"{limit(int(core['limit_bytes_']))}")


class HeapPrinter(Printer):
    def text(self):
        core = self.core()
        budget = find(core, "budget_")
        return (f"{quoted(core['name'])}: {in_bytes(number(budget['held_']))} held, "
                f"{limit(number(budget['limit_']))}, {enumerator(core['hardening'])}")


class FixedArenaPrinter(Printer):
    def text(self):
        bump = self.value["bump_"]
        start, at, end = int(self.value["start_"]), int(bump["at"]), int(bump["end"])
        if not start <= at <= end or int(self.value["peak_used_"]) > end - start:
            raise NotInitialised
        if start == 0:
            raise MovedFrom
        return f": {in_bytes(at - start)} of {in_bytes(end - start)} used"


class ArenaPrinter(Printer):
    def text(self):
        name = quoted(self.value["name_"])
        chunks = self.value["chunks_"]
        count, size = int(chunks["chunks_"]), int(chunks["bytes_"])
        if name and count == 0 and int(self.value["listed_"]["listing_"]) == 0:
            raise MovedFrom
        used = int(chunks["bump_"]["at"]) - int(chunks["base_"])
        text = f"{name}: {in_bytes(used)} used, {in_bytes(size)} in {counted(count, 'chunk')}"
        bound = int(chunks["limit_"])
        return text + (f", limit {in_bytes(bound)}" if bound < BYTES_MAX else "")


class ConcurrentArenaPrinter(Printer):
    def text(self):
        used = size = count = 0
        for lane in items(self.value["lanes_"], lambda lane: lane["next"]):
            used += number(lane["at_"]) - number(lane["base_"])
            size += int(lane["chunks_"]["bytes_"])
            count += 1
        listing = self.value["listed_"]["listing_"]
        name = quoted(object_at(listing)["name"]) if int(listing) != 0 else ""
        bound = int(self.value["options_"]["limit_bytes"])
        text = f"{name}: {in_bytes(used)} used, {in_bytes(size)} in chunks of {counted(count, 'thread')}"
        return text + (f", limit {in_bytes(bound)}" if bound else "")


class FixedPoolHandlePrinter(Printer):
    """A std::unique_ptr whose deleter is a FixedPool's."""

    def text(self):
        object_type = self.value.type.strip_typedefs().template_argument(0)
        pointer = self.pointer_in(self.value, object_type.strip_typedefs())
        return ": empty" if int(pointer) == 0 else self.add_object(pointer)

    @classmethod
    def pointer_in(cls, value, pointed):
        """The first member, at any depth, that is a pointer to `pointed`."""
        type_ = value.type.strip_typedefs()
        if type_.code == gdb.TYPE_CODE_PTR and type_.target().strip_typedefs() == pointed:
            return value
        for field in data_members(type_) if is_class(type_) else ():
            found = cls.pointer_in(value[field], pointed)
            if found is not None:
                return found
        return None


class MovableHandlePrinter(Printer):
    # The word of an entry (movable_entry.hpp): place, closed, moving, pins.
    CLOSED, MOVING, ONE_PIN = 1 << 32, 1 << 33, 1 << 34

    def text(self):
        if int(self.value["core_"]) == 0:
            return ": empty"
        core = object_at(self.value["core_"])
        frames = core["frames_"]
        plan = frames["plan_"]
        entry = int(self.value["id_"]["entry"])
        if entry >= number(core["entries_used_"]):
            raise NotInitialised
        life = self.value["id_"]["life"]
        lives = (core["reserved_"]["start"] + int(plan["lives"])).cast(life.type.pointer())
        word = number((core["entries_"] + entry).dereference())
        if int(lives[entry]) != int(life) or word & self.CLOSED:
            return ": its object has been destroyed"
        place = frames["base_"] + ((word & LOW_HALF) << int(plan["place_shift"]))
        object_type = self.value.type.strip_typedefs().template_argument(0)
        text = self.add_object(place.cast(object_type.pointer()))
        if word & self.MOVING:
            return text + ", being moved"
        return text + (", pinned" if word >= self.ONE_PIN else "")


class PinPrinter(Printer):
    def text(self):
        return ": empty" if int(self.value["object_"]) == 0 else self.add_object(self.value["object_"])


TEMPLATES = {
    "Result": ResultPrinter,
    "FixedPool": EqualBlocksPrinter,
    "BlockPool": EqualBlocksPrinter,
    "MovablePool": MovablePoolPrinter,
    "MovableHandle": MovableHandlePrinter,
    "Pin": PinPrinter,
}
CLASSES = {
    "SlabAllocator": SlabAllocatorPrinter,
    "BuddyAllocator": BuddyAllocatorPrinter,
    "NumaPool": NumaPoolPrinter,
    "PoolManager": PoolManagerPrinter,
    "Heap": HeapPrinter,
    "FixedArena": FixedArenaPrinter,
    "Arena": ArenaPrinter,
    "ConcurrentArena": ConcurrentArenaPrinter,
}


def printers():
    all_printers = gdb.printing.RegexpCollectionPrettyPrinter("cenote")
    for name, printer in TEMPLATES.items():
        all_printers.add_printer(name, rf"^cenote::{ANY_NAMESPACE}{name}<.*>$", printer)
    for name, printer in CLASSES.items():
        all_printers.add_printer(name, rf"^cenote::{ANY_NAMESPACE}{name}$", printer)
    return all_printers


def handle_printers():
    handles = gdb.printing.RegexpCollectionPrettyPrinter("cenote-handles")
    deleter = rf"cenote::{ANY_NAMESPACE}FixedPool<.*>::Deleter"
    handle = rf"^std::{ANY_NAMESPACE}unique_ptr<.*, ?{deleter} ?>$"
    handles.add_printer("FixedPool::Handle", handle, FixedPoolHandlePrinter)
    return handles


def register_handles(_event=None):
    """Registers the printer of handles with the program's file, which gdb asks before that of libstdc++.

    That has a printer of every std::unique_ptr, and gdb asks the printers of files before global ones.
    """
    for objfile in gdb.objfiles()[:1]:
        gdb.printing.register_pretty_printer(objfile, handle_printers(), replace=True)


gdb.printing.register_pretty_printer(None, printers(), replace=True)
register_handles()
gdb.events.new_objfile.connect(register_handles)
