"""Place: where something lies in the memory of a running program, as one would write it in C++."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyml_hil.build.dwarf import Program, Type
from tinyml_hil.build.symbols import Symbol
from tinyml_hil.errors import UsageError
from tinyml_hil.words import shortened, shown

Read = Callable[[int, int], bytes]
"""Reads so many bytes at an address; for example ``Debugger.read``."""
_LONGEST = 300
"""Characters of a place."""
_POINTER = 4
_REGISTERS, _SP = 4, 13
"""Arguments in registers; the number of the stack pointer."""
_ARGUMENT = re.compile(r"arg(\d{1,2})")
_NAME = r"[A-Za-z_$][\w$]*"
_TEMPLATE = r"<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>"
_PART = rf"{_NAME}(?:{_TEMPLATE})?(?:\([^()]*\)(?=::))?"
_TOKENS = re.compile(
    rf"""\s*(?:
    (?P<address>0[xX][0-9a-fA-F]+)
    |(?P<name>(?:::)?(?:(?:\(anonymous\ namespace\)|{_PART})::)*{_NAME}(?:{_TEMPLATE})?(?:\.\d+)?)
    |(?P<number>\d+)
    |(?P<sign>->|[.*()\[\]])
    )""",
    re.VERBOSE,
)
_GRAMMAR = (
    "a place is a symbol, an address such as 0x20001000, arg0 to arg99, this, or a parameter's "
    "name, and then ->member, .member and [number], with * before it for what a pointer points to"
)


@dataclass(frozen=True)
class _Step:
    """``member`` is a name, ``index`` a number; neither is what a pointer points to."""

    text: str
    """The place so far, for messages."""
    member: str = ""
    index: int | None = None

    @property
    def is_pointed_to(self) -> bool:
        """Whether it is what a pointer points to."""
        return not self.member and self.index is None


@dataclass(frozen=True)
class _Value:
    """Something in the memory, or in a register: then it is a number without an address."""

    type: Type | None
    """None if it is not known."""
    address: int = 0
    register: int | None = None
    size: int = 0
    """Bytes by the symbol table, where the type is not known; 0 if that is not, either."""


@dataclass(frozen=True)
class Place:
    """A place, such as ``this->input_tensors_[0]->data.raw``."""

    text: str
    base: str
    """A symbol, an address, an argument, or a parameter's name."""
    steps: tuple[_Step, ...]

    @classmethod
    def parse(cls, text: str) -> Place:
        """Reads a place.

        Raises:
            UsageError: it is none.
        """
        if len(text) > _LONGEST:
            raise UsageError(f"'{shortened(shown(text), 60)}' is too long for a place")
        base, steps = _Parser(text).whole()
        return cls(text, base, tuple(steps))

    def address(
        self,
        program: Program,
        function: Symbol | None,
        general: Sequence[int],
        read: Read,
        wanted: int = 0,
    ) -> int:
        """The address of the data: of a pointer what it points to, of anything else itself.

        Args:
            function: what has just been entered; it gives ``this`` and the other parameters.
            general: the registers r0 to r15 at that moment.
            read: reads the memory at that moment.
            wanted: how many bytes the data has. A variable whose type is not known is a pointer to
                it if it has the size of one, and is too small to be the data.

        Raises:
            UsageError: something is not there, or what would tell where it is; or there is less
                room than is wanted. Whatever ``read`` raises comes through.
        """
        return _Evaluation(self, program, function, general, read).address(wanted)


class _Parser:
    """Reads a place, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            token = _TOKENS.match(text, at)
            if not token:
                raise self._error(f"{text[at:].strip()!r} is not understood")
            self._tokens.append((str(token.lastgroup), token[str(token.lastgroup)]))
            at = token.end()

    def whole(self) -> tuple[str, list[_Step]]:
        base, steps, _ = self._unary()
        if self._tokens:
            raise self._error(f"{self._tokens[0][1]!r} is not expected there")
        return base, steps

    def _unary(self) -> tuple[str, list[_Step], str]:
        stars = 0
        while self._takes("*"):
            stars += 1
        base, steps, text = self._postfix()
        for _ in range(stars):
            text = f"*{text}"
            steps.append(_Step(text))
        return base, steps, text

    def _postfix(self) -> tuple[str, list[_Step], str]:
        if self._takes("("):
            base, steps, text = self._unary()
            text = f"({text})"
            self._expect(")")
        else:
            base = text = self._take("name", "address")
            steps = []
        while self._tokens:
            if self._takes("["):
                number = self._take("number", "address")
                text = f"{text}[{number}]"
                steps.append(_Step(text, index=int(number, 0)))
                self._expect("]")
            elif (sign := self._tokens[0][1]) in ("->", "."):
                del self._tokens[0]
                name = self._take("name")
                text = f"{text}{sign}{name}"
                steps.append(_Step(text, member=name))
            else:
                break
        return base, steps, text

    def _takes(self, sign: str) -> bool:
        if self._tokens[:1] != [("sign", sign)]:
            return False
        del self._tokens[0]
        return True

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._error(f"{sign!r} is missing")

    def _take(self, *kinds: str) -> str:
        if not self._tokens or self._tokens[0][0] not in kinds:
            raise self._error(f"it lacks a {' or '.join(kinds)}")
        return self._tokens.pop(0)[1]

    def _error(self, what: str) -> UsageError:
        return UsageError(f"'{shown(self._text)}' is not a place: {shown(what)}; {_GRAMMAR}")


@dataclass(frozen=True)
class _Evaluation:
    """One look at where a place is."""

    place: Place
    program: Program
    function: Symbol | None
    general: Sequence[int]
    read: Read

    def address(self, wanted: int) -> int:
        value, text = self._base(), self.place.base
        for step in self.place.steps:
            value, text = self._step(value, step, text), step.text
        if value.type is None:
            return self._untyped(value, wanted)
        value = self._referred(value, text)
        if value.type is not None and value.type.kind == "pointer":
            return self._pointer(value, text)
        if value.register is not None:
            return value.register
        size = value.type.size if value.type else None
        if size and size < wanted and not self._ends_at_a_pointer:
            of = f" of {_members_of(value.type)}" if value.type and value.type.members else ""
            raise self._error(f"{text} has {size} bytes, and {wanted} are wanted{of}")
        return value.address

    @property
    def _ends_at_a_pointer(self) -> bool:
        """Whether it is what a pointer points to: the first of elements, however many there are."""
        return bool(self.place.steps) and self.place.steps[-1].is_pointed_to

    def _untyped(self, value: _Value, wanted: int) -> int:
        """An address or a register as given; a symbol by its size."""
        if value.register is not None:
            return value.register
        if value.size == _POINTER and wanted > _POINTER:
            return self._loaded(value.address, self.place.text)
        if value.size and value.size < wanted:
            raise self._error(f"it has {value.size} bytes, and {wanted} are wanted")
        return value.address

    def _base(self) -> _Value:
        base = self.place.base
        if base[:2] in ("0x", "0X"):
            return _Value(None, int(base, 16))
        if argument := _ARGUMENT.fullmatch(base):
            return self._argument(int(argument[1]))
        if value := self._parameter(base):
            return value
        if base == "this":
            return self._argument(0)
        variable = self.program.variable(base.removeprefix("::"))
        return _Value(variable.type, variable.address, size=variable.size)

    def _parameter(self, name: str) -> _Value | None:
        parameters = self.program.parameters(self.function) if self.function else None
        for parameter in parameters or ():
            if parameter.name != name:
                continue
            if parameter.position is None:
                raise self._error(self._nowhere(name))
            return _Value(parameter.type, register=self._word(parameter.position))
        return None

    def _nowhere(self, name: str) -> str:
        if self.function and self.function.is_changed_copy:
            return (
                f"the compiler has made {self.function.linkage} of {self._call}, which need not be "
                f"given {name}: build without -flto, or with __attribute__((noipa)) before that "
                "function; or begin at a variable"
            )
        return (
            f"where the parameter {name} of {self._call} lies when that is called is not known: "
            "say which register or word of the stack it is, counted from arg0"
        )

    def _argument(self, position: int) -> _Value:
        parameters = self.program.parameters(self.function) if self.function else None
        kind = next((p.type for p in parameters or () if p.position == position), None)
        return _Value(kind, register=self._word(position))

    def _word(self, position: int) -> int:
        if position < _REGISTERS:
            return self.general[position]
        return self._loaded(self.general[_SP] + _POINTER * (position - _REGISTERS), "the stack")

    def _step(self, value: _Value, step: _Step, text: str) -> _Value:
        if value.type is None:
            if not step.is_pointed_to:
                raise self._unknown(text)
            return _Value(None, self._pointer(value, text))
        value = self._referred(value, text)
        kind = value.type
        assert kind
        if kind.kind == "pointer" or (step.member and kind.kind == "reference"):
            target = _Value(kind.target, self._pointer(value, text))
            if step.index is not None:
                return self._element(target, step, text, step.index)
            return self._member(target, step, text) if step.member else target
        if step.member:
            return self._member(value, step, text)
        if kind.kind != "array":
            raise self._error(f"{text} is {_a(kind)}, no pointer and no array")
        if step.index is None:
            return _Value(kind.target, value.address)
        if kind.count is not None and step.index >= kind.count:
            raise self._error(f"{text} has {kind.count} elements, counted from 0")
        return self._element(_Value(kind.target, value.address), step, text, step.index)

    def _element(self, first: _Value, step: _Step, text: str, index: int) -> _Value:
        assert first.type
        size = first.type.size
        if not size:
            raise self._error(f"{text} points to {_a(first.type)}, whose size is not known")
        return _Value(first.type, first.address + index * size)

    def _member(self, value: _Value, step: _Step, text: str) -> _Value:
        kind = value.type
        assert kind
        if kind.kind not in ("struct", "union") or value.register is not None:
            raise self._error(f"{text} is {_a(kind)}, which has no members: {step.text}")
        found = next((m for m in kind.members if m.name == step.member), None)
        if found is None:
            raise self._error(_lacking(kind, step.member))
        return _Value(found.type, value.address + found.offset)

    def _referred(self, value: _Value, text: str) -> _Value:
        """What a reference refers to; anything else as it is."""
        if value.type is None or value.type.kind != "reference":
            return value
        return _Value(value.type.target, self._pointer(value, text))

    def _pointer(self, value: _Value, text: str) -> int:
        if value.register is None:
            return self._loaded(value.address, text)
        return self._not_null(value.register, text)

    def _loaded(self, address: int, text: str) -> int:
        pointer = int.from_bytes(self.read(address, _POINTER), "little")
        return pointer if text == "the stack" else self._not_null(pointer, text)

    def _not_null(self, pointer: int, text: str) -> int:
        if not pointer:
            when = f" when {self._call} is called" if self.function else ""
            raise self._error(f"{text} is a null pointer{when}")
        return pointer

    @property
    def _call(self) -> str:
        return shown(self.function.name) if self.function else "the function"

    def _unknown(self, text: str) -> UsageError:
        return self._error(
            f"the type of {text} is not known, as {self.program.elf} has no debug information of "
            "it: compile with -g what defines it, or give a variable or an address that holds "
            "the data itself, or a pointer to it"
        )

    def _error(self, what: str) -> UsageError:
        return UsageError(f"{shown(self.place.text)}: {shown(what)}")


def _lacking(kind: Type, name: str) -> str:
    if not kind.members:
        return f"{kind.name} has no members, or only its declaration is in the debug information"
    near = difflib.get_close_matches(name, [m.name for m in kind.members], 1)
    meant = f"did you mean {near[0]}? It has" if near else "it has"
    return f"{kind.name} has no member {name}; {meant}: {_members_of(kind)}"


def _members_of(kind: Type) -> str:
    return shortened(", ".join(member.name for member in kind.members), _LONGEST)


def _a(kind: Type) -> str:
    return f"a {kind.name}"
