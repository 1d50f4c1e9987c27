"""DWARF: the types of an ELF's variables and parameters, and what members they have.

Of the debug information only the units are read that define what is asked for: all of it takes a
minute for firmware with a C++ runtime in it.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from elftools.dwarf.locationlists import LocationExpr, LocationParser
from elftools.dwarf.typeunit import TypeUnit
from elftools.elf.elffile import ELFFile

from tinyml_hil.build.symbols import Symbol, Symbols
from tinyml_hil.errors import HilError, UsageError

Kind = Literal["pointer", "reference", "array", "struct", "union", "number", "void"]
_KINDS: dict[str, Kind] = {
    "DW_TAG_pointer_type": "pointer",
    "DW_TAG_reference_type": "reference",
    "DW_TAG_rvalue_reference_type": "reference",
    "DW_TAG_array_type": "array",
    "DW_TAG_structure_type": "struct",
    "DW_TAG_class_type": "struct",
    "DW_TAG_union_type": "union",
    "DW_TAG_base_type": "number",
    "DW_TAG_enumeration_type": "number",
}
"""What is none of them is ``void``: nothing can be reached through it."""
_TRANSPARENT = {
    *("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type", "DW_TAG_restrict_type"),
    *("DW_TAG_atomic_type", "DW_TAG_template_alias"),
}
_TYPES = {tag for tag in _KINDS if tag.endswith(("structure_type", "class_type", "union_type"))}
_SCOPES = {"DW_TAG_namespace", *_TYPES}
_HIDDEN_CODE = {"DW_TAG_subprogram", "DW_TAG_lexical_block", "DW_TAG_inlined_subroutine"}
_POINTER = 4
_LONGEST_CHAIN = 100
"""Typedefs of typedefs; a damaged chain may have no end."""
_FLOAT = 4  # DW_ATE_float
_HARD_FLOAT = 0x400  # EF_ARM_ABI_FLOAT_HARD
_OP_ADDR, _OP_PLUS_UCONST = 0x03, 0x23
_OP_REG0, _OP_REG15 = 0x50, 0x5F
_STRINGS_BY_NUMBER = {"DW_FORM_strx", *(f"DW_FORM_strx{n}" for n in (1, 2, 3, 4))}


@dataclass(frozen=True, eq=False)
class Type:
    """A type of C or C++, without its typedefs and qualifiers."""

    program: Program
    named: Any
    """The DIE that is referred to, which may only declare it. None is ``void``."""
    dimension: int = 0
    """Of an array of arrays: the outermost one that is left."""

    @cached_property
    def die(self) -> Any:
        """The DIE that defines it; one that declares it if there is no definition."""
        with self.program.reading():
            return self.program.definition(self.named)

    @cached_property
    def kind(self) -> Kind:
        """What it is."""
        return _KINDS.get(self.named.tag, "void") if self.named else "void"

    @cached_property
    def name(self) -> str:
        """The name as it is written, such as ``tflite::Model*``."""
        with self.program.reading():
            if self.kind in ("pointer", "reference", "array"):
                return (
                    self.target.name + {"pointer": "*", "reference": "&", "array": "[]"}[self.kind]
                )
            return _qualified_name(self.named) if self.named else "void"

    @cached_property
    def size(self) -> int | None:
        """Bytes; None if that is not known."""
        with self.program.reading():
            if self.kind in ("pointer", "reference"):
                return _POINTER
            if self.kind == "array":
                each, count = self.target.size, self.count
                return None if each is None or count is None else each * count
            return _number(self.die, "DW_AT_byte_size") if self.die else None

    @cached_property
    def target(self) -> Type:
        """What a pointer or a reference points to, or an array consists of."""
        with self.program.reading():
            if self.kind == "array" and self.dimension + 1 < len(self._counts):
                return Type(self.program, self.named, self.dimension + 1)
            return self.program.type_of(self.named)

    @property
    def count(self) -> int | None:
        """How many elements an array has; None if that is not known."""
        return self._counts[self.dimension] if self.dimension < len(self._counts) else None

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The members of a struct or union, with those of its bases and of unnamed members."""
        with self.program.reading():
            return tuple(_members(self, _LONGEST_CHAIN))

    @cached_property
    def is_float(self) -> bool:
        """Whether it is a floating-point number."""
        return bool(self.die) and _number(self.die, "DW_AT_encoding") == _FLOAT

    @cached_property
    def _counts(self) -> list[int | None]:
        with self.program.reading():
            ranges = [d for d in self.die.iter_children() if d.tag == "DW_TAG_subrange_type"]
            return [_count(d) for d in ranges]


@dataclass(frozen=True, eq=False)
class Member:
    """One member of a struct or union."""

    name: str
    offset: int
    """Bytes from the start of what it is a member of."""
    type: Type


@dataclass(frozen=True, eq=False)
class Parameter:
    """One parameter of a function."""

    name: str
    """Empty if it has none."""
    type: Type
    position: int | None
    """Where it is when the function is entered: 0 to 3 is that register, N from 4 the word N - 4 of
    the stack (AAPCS32, section 6.5). None if it is elsewhere, or that is not known."""


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable that has a place of its own."""

    address: int
    size: int
    """Bytes, by the symbol table; 0 if it does not say."""
    type: Type | None
    """None if there is no debug information of it."""


class Program:
    """An ELF: its symbols and, where it has debug information, their types."""

    def __init__(self, elf: Path) -> None:
        """Opens it.

        Raises:
            UsageError: the ELF cannot be read, or is damaged. So does all else here.
        """
        self.elf = elf
        self.symbols = Symbols(elf)
        self._dwarf: Any = None
        with self.reading():
            file = ELFFile(io.BytesIO(elf.read_bytes()))
            self._is_hard_float = bool(file["e_flags"] & _HARD_FLOAT)
            self._dwarf = file.get_dwarf_info() if file.has_dwarf_info(strict=True) else None
        self._variables: dict[str, Variable] = {}
        self._parameters: dict[int, tuple[Parameter, ...] | None] = {}
        self._definitions: dict[tuple[str | None, ...], Any] = {}

    @property
    def has_types(self) -> bool:
        """Whether there is debug information at all."""
        return self._dwarf is not None

    def variable(self, name: str) -> Variable:
        """The variable of this name, as ``Symbols.variable`` finds it.

        Raises:
            UsageError: there is none, or several.
        """
        if name not in self._variables:
            symbol = self.symbols.variable(name)
            with self.reading():
                die = self._variable_at(symbol)
                found = self.type_of(die) if die else None
            self._variables[name] = Variable(symbol.address, symbol.size, found)
        return self._variables[name]

    def parameters(self, function: Symbol) -> tuple[Parameter, ...] | None:
        """The parameters of a function, ``this`` among them; None without debug information."""
        if function.address not in self._parameters:
            with self.reading():
                die = self._function_at(function)
                found = self._parameters_of(die, function) if die else None
            self._parameters[function.address] = found
        return self._parameters[function.address]

    def is_inlined(self, name: str) -> bool:
        """Whether a function of this name exists only within others that call it."""
        word = re.split(r"\W+", name.partition("(")[0])[-1]
        with self.reading():
            return any(
                die.tag == "DW_TAG_subprogram"
                and "DW_AT_inline" in die.attributes
                and _text(_declaration(die), "DW_AT_name") == word
                for unit in self._units_naming(word)
                for die in _outer(unit)
            )

    def type_of(self, die: Any) -> Type:
        """The type that the attribute of a DIE names."""
        holder, found = _holder(die, "DW_AT_type"), None
        for _ in range(_LONGEST_CHAIN):
            if holder is None or "DW_AT_type" not in holder.attributes:
                found = None
                break
            found = _linked(holder, "DW_AT_type")
            if found.tag not in _TRANSPARENT:
                break
            holder = found
        return Type(self, found)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turns what damaged debug information leads into, which may be anything, to one error."""
        try:
            yield
        except HilError:
            raise
        except OSError as error:
            raise UsageError(f"cannot read the firmware {self.elf}: {error.strerror}") from error
        except Exception as error:
            said = f"{type(error).__name__} {error}".strip()
            raise UsageError(
                f"the debug information of {self.elf} cannot be read ({said}): build it again, "
                "or give symbols and addresses alone, with the ELF after strip --strip-debug"
            ) from error

    def definition(self, die: Any) -> Any:
        """The definition of a type that a unit only declares; the declaration if there is none."""
        if die is None or "DW_AT_declaration" not in die.attributes:
            return die
        if "DW_AT_signature" in die.attributes:
            return _linked(die, "DW_AT_signature")
        path = _path(die)
        if path not in self._definitions:
            self._definitions[path] = self._find_definition(path)
        return self._definitions[path] or die

    def _find_definition(self, path: tuple[str | None, ...]) -> Any:
        for unit in self._units_naming(path[-1] or ""):
            found = [unit.get_top_DIE()]
            for name in path:
                found = [
                    child
                    for die in found
                    for child in die.iter_children()
                    if child.tag in _SCOPES and _text(child, "DW_AT_name") == name
                ]
            for die in found:
                if die.tag in _TYPES and "DW_AT_declaration" not in die.attributes:
                    return die
        return None

    def _function_at(self, symbol: Symbol) -> Any:
        """The DIE of the code that begins at a symbol."""
        for unit in self._units_with_code_at(symbol.address) or self._units_naming_symbol(symbol):
            for die in _outer(unit):
                if (
                    die.tag == "DW_TAG_subprogram"
                    and (_number(die, "DW_AT_low_pc") or -1) & ~1 == symbol.address
                ):
                    return die
        return None

    def _variable_at(self, symbol: Symbol) -> Any:
        """The DIE of the variable whose location is a symbol's address."""
        location = bytes([_OP_ADDR]) + struct.pack("<I", symbol.address)

        def is_it(die: Any) -> bool:
            attribute = die.attributes.get("DW_AT_location")
            return (
                die.tag == "DW_TAG_variable"
                and attribute is not None
                and isinstance(attribute.value, list)
                and bytes(attribute.value) == location
            )

        units = self._units_with(lambda content: location in content)
        for walk in (_outer, lambda unit: unit.iter_DIEs()):  # static ones in functions come last
            for unit in units:
                for die in walk(unit):
                    if is_it(die):
                        return die
        return None

    def _parameters_of(self, die: Any, function: Symbol) -> tuple[Parameter, ...]:
        result = self.type_of(die)
        is_returned_in_memory = result.kind in ("struct", "union") and (result.size or 0) > _POINTER
        next_position: int | None = int(is_returned_in_memory)  # its address comes first
        if function.is_changed_copy:
            next_position = None
        found = []
        for child in die.iter_children():
            if child.tag != "DW_TAG_formal_parameter":
                continue
            kind = self.type_of(child)
            position, next_position = self._next(kind, next_position)
            register = self._register_at_entry(child, function.address)
            found.append(
                Parameter(
                    _text(child, "DW_AT_name") or "",
                    kind,
                    position if register is None else register,
                )
            )
        return tuple(found)

    def _next(self, kind: Type, position: int | None) -> tuple[int | None, int | None]:
        """Where a parameter is, and where the next one may be; None where that is not certain."""
        if position is None or kind.kind in ("struct", "union") or kind.size is None:
            return None, None
        if kind.is_float and self._is_hard_float:
            return None, position
        words = (kind.size + 3) // 4
        position += position % 2 if words == 2 else 0
        return position, position + words

    def _register_at_entry(self, parameter: Any, address: int) -> int | None:
        """The register that the debug information says it is in when the function is entered."""
        attribute = parameter.attributes.get("DW_AT_location")
        if attribute is None or not LocationParser.attribute_has_location(
            attribute, parameter.cu["version"]
        ):
            return None
        parser = LocationParser(self._dwarf.location_lists())
        parsed = parser.parse_from_attribute(attribute, parameter.cu["version"], parameter)
        if isinstance(parsed, LocationExpr):
            # In a register for all of the function, also when it is entered.
            return _register(parsed.loc_expr)
        base = _number(parameter.cu.get_top_DIE(), "DW_AT_low_pc") or 0
        for entry in parsed:
            if hasattr(entry, "base_address"):
                base = entry.base_address
            elif hasattr(entry, "begin_offset"):
                offset = 0 if entry.is_absolute else base
                if entry.begin_offset + offset <= address < entry.end_offset + offset:
                    return _register(entry.loc_expr)
        return None

    def _units_with_code_at(self, address: int) -> list[Any]:
        ranges = self._dwarf.get_aranges() if self._dwarf else None
        offset = ranges.cu_offset_at_addr(address) if ranges else None
        return [] if offset is None else [self._dwarf.get_CU_at(offset)]

    def _units_naming_symbol(self, symbol: Symbol) -> list[Any]:
        words = re.findall(r"~?\w+", symbol.plain_name)
        return self._units_naming(words[-1] if words else symbol.linkage)

    def _units_naming(self, name: str) -> list[Any]:
        """The units that have a name in them, by their bytes: nothing else is as quick.

        A name lies in the unit itself, or the unit has its offset in the section of strings, or
        its number: then it is not known without reading the unit.
        """
        ends = name.encode() + b"\0"
        offsets = [struct.pack("<I", at) for at in _positions(self._strings, ends)]
        return [
            unit
            for unit in self._units
            if (self._may_name_by_number and _names_by_number(unit))
            or ends in (content := _content(unit))
            or any(offset in content for offset in offsets)
        ]

    def _units_with(self, condition: Callable[[bytes], bool]) -> list[Any]:
        return [unit for unit in self._units if condition(_content(unit))]

    @cached_property
    def _units(self) -> list[Any]:
        if self._dwarf is None:
            return []
        return [*self._dwarf.iter_CUs(), *self._dwarf.iter_TUs()]

    @property
    def _may_name_by_number(self) -> bool:
        return self._dwarf is not None and self._dwarf.debug_str_offsets_sec is not None

    @cached_property
    def _strings(self) -> bytes:
        section = self._dwarf.debug_str_sec if self._dwarf else None
        return bytes(section.stream.getvalue()) if section else b""


def _content(unit: Any) -> bytes:
    is_apart = isinstance(unit, TypeUnit)  # of DWARF 4, in a section of their own
    dwarf = unit.dwarfinfo
    section = dwarf.debug_types_sec if is_apart else dwarf.debug_info_sec
    start = unit.tu_offset if is_apart else unit.cu_offset
    return bytes(section.stream.getbuffer()[start : start + unit.size])


def _positions(content: bytes, wanted: bytes) -> Iterator[int]:
    """Where some bytes are in others."""
    at = content.find(wanted)
    while at >= 0:
        yield at
        at = content.find(wanted, at + 1)


def _names_by_number(unit: Any) -> bool:
    attribute = unit.get_top_DIE().attributes.get("DW_AT_name")
    return attribute is not None and attribute.form in _STRINGS_BY_NUMBER


def _outer(unit: Any) -> Iterator[Any]:
    """What a unit has outside of functions and types."""
    waiting = [unit.get_top_DIE()]
    while waiting:
        for child in waiting.pop().iter_children():
            yield child
            if child.tag == "DW_TAG_namespace":
                waiting.append(child)


def _members(kind: Type, depth: int) -> Iterator[Member]:
    """Those of the bases, too; a member without a name stands for its own members."""
    if kind.kind not in ("struct", "union") or not depth:
        return
    for child in kind.die.iter_children():
        if child.tag not in ("DW_TAG_member", "DW_TAG_inheritance"):
            continue
        offset = _offset(child)
        if offset is None or "DW_AT_external" in child.attributes:
            continue  # static, or a virtual base's, whose place is known at run time only
        own = kind.program.type_of(child)
        name = _text(child, "DW_AT_name") if child.tag == "DW_TAG_member" else None
        if name:
            yield Member(name, offset, own)
            continue
        for inner in _members(own, depth - 1):
            yield Member(inner.name, offset + inner.offset, inner.type)


def _offset(die: Any) -> int | None:
    attribute = die.attributes.get("DW_AT_data_member_location")
    if attribute is None:
        is_bit_field = "DW_AT_data_bit_offset" in die.attributes
        return None if is_bit_field or "DW_AT_declaration" in die.attributes else 0
    if "DW_AT_bit_size" in die.attributes:
        return None
    if isinstance(attribute.value, int):
        return attribute.value
    return _plus_constant(attribute.value)


def _plus_constant(expression: list[int]) -> int | None:
    """The constant that a location adds to an address (DWARF 2), as unsigned LEB128."""
    if not expression or expression[0] != _OP_PLUS_UCONST:
        return None
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(expression[1:]))


def _register(expression: list[int]) -> int | None:
    is_register = len(expression) == 1 and _OP_REG0 <= expression[0] <= _OP_REG15
    return expression[0] - _OP_REG0 if is_register else None


def _count(subrange: Any) -> int | None:
    if (count := _number(subrange, "DW_AT_count")) is not None:
        return count
    last = _number(subrange, "DW_AT_upper_bound")
    return None if last is None or last in (-1, 0xFFFFFFFF) else last + 1


def _linked(die: Any, attribute: str) -> Any:
    """The DIE that an attribute leads to."""
    found = die.attributes[attribute]
    if found.form == "DW_FORM_ref_sig8" and die.cu["version"] >= 5:  # pyelftools knows DWARF 4's
        unit, offset = _type_units(die.dwarfinfo)[found.value]
        return die.dwarfinfo.get_CU_at(unit).get_DIE_from_refaddr(unit + offset)
    return die.get_DIE_from_attribute(attribute)


@lru_cache(maxsize=1)
def _type_units(dwarf: Any) -> dict[int, tuple[int, int]]:
    """By their signatures: where type units of DWARF 5 begin, and where in them their types are."""
    return {
        unit["type_signature"]: (unit.cu_offset, unit["type_offset"])
        for unit in dwarf.iter_CUs()
        if unit["version"] >= 5 and unit["unit_type"] == "DW_UT_type"
    }


def _holder(die: Any, attribute: str) -> Any:
    """The DIE that has an attribute: itself, or what it is an instance or the definition of."""
    for _ in range(_LONGEST_CHAIN):
        if attribute in die.attributes:
            return die
        for link in ("DW_AT_abstract_origin", "DW_AT_specification"):
            if link in die.attributes:
                die = _linked(die, link)
                break
        else:
            return None
    return None


def _declaration(die: Any) -> Any:
    """The DIE of the declaration, which lies where the name belongs to."""
    for _ in range(_LONGEST_CHAIN):
        links = [
            link
            for link in ("DW_AT_abstract_origin", "DW_AT_specification")
            if link in die.attributes
        ]
        if not links:
            break
        die = _linked(die, links[0])
    return die


def _number(die: Any, attribute: str) -> int | None:
    holder = _holder(die, attribute)
    value = holder.attributes[attribute].value if holder else None
    return value if isinstance(value, int) else None


def _text(die: Any, attribute: str) -> str | None:
    holder = _holder(die, attribute)
    value = holder.attributes[attribute].value if holder else None
    return value.decode(errors="replace") if isinstance(value, bytes) else None


def _path(die: Any) -> tuple[str | None, ...]:
    """The names of what a DIE lies in, outermost first, and its own."""
    names: list[str | None] = []
    at: Any = _declaration(die)
    while at is not None and at.tag not in ("DW_TAG_compile_unit", "DW_TAG_type_unit"):
        if at.tag in _SCOPES or at is die:
            names.insert(0, _text(at, "DW_AT_name"))
        at = at.get_parent()
    return tuple(names)


def _qualified_name(die: Any) -> str:
    names = _path(die)
    unnamed = {"DW_TAG_union_type": "a union"}.get(die.tag, "a struct")
    if names and names[-1] is None:
        return f"{unnamed} without a name"
    return "::".join(name for name in names if name)
