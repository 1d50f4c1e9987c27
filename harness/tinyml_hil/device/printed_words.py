"""Printed words: what the lines of firmware that prints its results in its own words say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np

from tinyml_hil.device.answers import Classification
from tinyml_hil.errors import DeviceError, UsageError
from tinyml_hil.model import Model

LONGEST_LINE = 1 << 16
"""Characters of a line that are looked at: those of 1,000 scores are fewer."""
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_GROUPS = ("index", "label", "class", "score", "scored", "scores")
_NUMBERED = re.compile(r"score(\d+)")
_OF_THE_CLASS = -1
"""In place of a class: the one that is predicted, which another line may say."""
_NUMBER = re.compile(
    r"(?P<number>[-+]?(?:\d+(?P<point>\.\d*)?|(?P<bare>\.\d+)|inf|nan)(?:e(?P<power>[-+]?\d+))?)"
    r"\s*(?P<percent>%?)",
    re.IGNORECASE,
)


class PrintedTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table ``[printed]``: what the firmware prints; docs/firmware.md has its keys."""

    result: _Text | Annotated[tuple[_Text, ...], msgspec.Meta(min_length=1)]
    """Regular expression of a line with a result; several of lines with a part of one each."""
    end: str = ""
    """Regular expression of the line after which no result follows; empty if there is none."""
    send: str = ""
    """What an input is sent as; empty if the firmware has its inputs built in."""
    prompt: str = ""
    """Regular expression of what is awaited before an input is sent; empty to send at once."""
    first: int = 0
    """The index that the firmware gives its first input."""
    classes: tuple[str, ...] = ()
    """What the firmware calls the classes, by number; empty if that is what the dataset does."""
    scale: float | Literal["raw"] = 1.0
    """What a printed score is multiplied by to be the model's real value; ``raw``: scores are the
    integers of the output tensor."""


@dataclass(frozen=True)
class Part:
    """What one line says of a result; None or nothing where it does not."""

    index: int | None = None
    """Of the input, 0 for the first."""
    label: int | None = None
    named: int | None = None
    """The class that is predicted."""
    scores: dict[int, float] = field(default_factory=dict)
    """By class."""
    precision: float = 0.0
    """How far a score may be from the true one."""

    def clashes(self, other: Part) -> bool:
        """Whether the two say one thing twice, or are of different inputs."""
        return (
            (None not in (self.index, other.index) and self.index != other.index)
            or None not in (self.label, other.label)
            or None not in (self.named, other.named)
            or bool(self.scores.keys() & other.scores.keys())
        )

    def joined(self, other: Part) -> Part:
        """What both say."""
        return Part(
            self.index if other.index is None else other.index,
            self.label if other.label is None else other.label,
            self.named if other.named is None else other.named,
            self.scores | other.scores,
            max(self.precision, other.precision),
        )


class Patterns:
    """The regular expressions of a table, each checked."""

    def __init__(self, table: PrintedTable, file: Path) -> None:
        """``file``: the table's, for messages.

        Raises:
            UsageError: an expression is none, or its groups say no result.
        """
        self._file = file
        results = (table.result,) if isinstance(table.result, str) else table.result
        self.results = [self._compiled("result", text) for text in results]
        self.end = self._compiled("end", table.end) if table.end else None
        self.prompt = self._compiled("prompt", table.prompt) if table.prompt else None
        self.groups = frozenset(name for pattern in self.results for name in pattern.groupindex)
        self._require_known_groups()
        if table.prompt and not table.send:
            raise UsageError(
                f"{file}: prompt in [printed] is for an input that is sent: give send, too"
            )

    def _compiled(self, key: str, text: str) -> re.Pattern[str]:
        try:
            return re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"{self._file}: {key} in [printed] is no regular expression: {error}: {text!r}"
            ) from error

    def _require_known_groups(self) -> None:
        where = f"{self._file}: result in [printed]"
        known = f"{', '.join(_GROUPS)}, score0, score1, ..."
        for name in sorted(self.groups):
            if name not in _GROUPS and not _NUMBERED.fullmatch(name):
                raise UsageError(f"{where} has a group {name!r}; there are: {known}")
        if not self.groups - {"index", "label", "scored"}:
            raise UsageError(
                f"{where} has no named group that says a result, such as (?P<class>\\w+); "
                f"there are: {known}"
            )
        if all("score" in p.groupindex or "scored" not in p.groupindex for p in self.results):
            return
        raise UsageError(f"{where} has a group 'scored', and in that expression no group 'score'")


class Words:
    """Reads what a firmware prints, for the model that it is said to run."""

    def __init__(
        self, table: PrintedTable, file: Path, model: Model, classes: tuple[str, ...]
    ) -> None:
        """``file``: the table's. ``classes``: the dataset's, by number; there may be none.

        Raises:
            UsageError: the table does not fit the model.
        """
        self.patterns = Patterns(table, file)
        self._table, self._file, self._model = table, file, model
        if table.classes and len(table.classes) != model.class_count:
            raise UsageError(
                f"{file}: classes in [printed] are {len(table.classes)}, but {model.name} has "
                f"{model.class_count}"
            )
        self._names = table.classes or classes
        self._numbers = {name.casefold(): number for number, name in enumerate(self._names)}
        self._outputs = int(np.prod(model.output.shape))
        self._first = model.class_count - self._outputs
        """The class whose score the first output is: a single one is the second class's."""
        self._require_owned_scores()

    def _require_owned_scores(self) -> None:
        groups = self.patterns.groups
        if self._outputs > 1 and "score" in groups and not groups & {"class", "scored"}:
            raise UsageError(
                f"{self._file}: result in [printed] does not say whose the group 'score' is; "
                "name the group with the class 'class' if it is the predicted one, else 'scored'"
            )
        for name in groups:
            number = _NUMBERED.fullmatch(name)
            if number and int(number[1]) >= self._outputs:
                raise UsageError(
                    f"{self._file}: result in [printed] has a group {name!r}, but "
                    f"{self._model.name} has {self._outputs} outputs, from score0 on"
                )

    def read(self, line: str) -> Part | None:
        """What a line says of a result; None if it is about something else.

        Raises:
            DeviceError: it has something else in a group than that must be.
        """
        line = line[:LONGEST_LINE]
        for pattern in self.patterns.results:
            if match := pattern.search(line):
                return self._part(match)
        return None

    def ends(self, line: str) -> bool:
        """Whether no result follows after a line."""
        return bool(self.patterns.end and self.patterns.end.search(line[:LONGEST_LINE]))

    def is_whole(self, part: Part) -> bool:
        """Whether nothing is missing of a result that is printed in parts."""
        groups = self.patterns.groups
        return not (
            ("index" in groups and part.index is None)
            or ("label" in groups and part.label is None)
            or ("class" in groups and part.named is None)
            or ("scored" in groups and len(part.scores) < self._model.class_count)
            or (any(g.startswith("score") for g in groups) and not part.scores)
        )

    def says_something(self, part: Part) -> bool:
        """Whether there is anything to compare in it."""
        return part.named is not None or bool(part.scores)

    def classification(self, part: Part) -> Classification:
        """The result that a firmware has printed."""
        output = np.full(self._outputs, np.nan)
        for number, score in self._outputs_of(part).items():
            output[number] = score
        # Without scores there is no precision, but what was printed has one.
        return Classification(
            output,
            ticks=0,
            precision=part.precision or 1.0,
            threshold=self._model.threshold,
            said_class=part.named,
            said_label=part.label,
        )

    def _part(self, match: re.Match[str]) -> Part:
        given = {name: text for name, text in match.groupdict().items() if text is not None}
        part = Part(
            index=self._index(given["index"]) if "index" in given else None,
            label=self._class(given["label"], match) if "label" in given else None,
            named=self._class(given["class"], match) if "class" in given else None,
        )
        owner = self._class(given["scored"], match) if "scored" in given else _OF_THE_CLASS
        for name in given:
            if name == "scores":
                values = [self._value(found) for found in _NUMBER.finditer(given[name])]
                if len(values) != self._outputs:
                    raise DeviceError(
                        f"the firmware printed {len(values)} scores where {self._model.name} has "
                        f"{self._outputs}: {match.string!r}"
                    )
                part = self._with_scores(part, dict(enumerate(values, self._first)))
            elif number := _NUMBERED.fullmatch(name):
                value = self._score(match, name)
                part = self._with_scores(part, {int(number[1]) + self._first: value})
            elif name == "score":
                part = self._with_scores(part, {owner: self._score(match, name)})
        return part

    def _with_scores(self, part: Part, values: dict[int, tuple[float, float]]) -> Part:
        scores = {number: value for number, (value, _) in values.items()}
        precision = max(precision for _, precision in values.values())
        return part.joined(replace(Part(), scores=scores, precision=precision))

    def _outputs_of(self, part: Part) -> dict[int, float]:
        """The scores by output, where ``Part`` has them by class; one output tells two apart."""
        scores = dict(part.scores)
        if _OF_THE_CLASS in scores:
            value = scores.pop(_OF_THE_CLASS)
            # A single score that nobody owns is the output itself.
            owner = self._first if part.named is None else part.named
            if part.named is not None or self._outputs == 1:
                scores.setdefault(owner, value)
        if self._outputs == 1 and scores:
            return {0: scores[1] if 1 in scores else 2 * self._model.middle - scores[0]}
        return scores

    def _index(self, text: str) -> int:
        try:
            return int(text) - self._table.first
        except ValueError:
            raise DeviceError(f"the firmware printed the index {text!r}, no number") from None

    def _class(self, text: str, match: re.Match[str]) -> int:
        name = text.strip()
        number = self._numbers.get(name.casefold())
        if number is None and name.isdecimal():
            number = int(name)
        if number is None or number >= self._model.class_count:
            raise DeviceError(
                f"the firmware printed the class {name!r}, which is none of "
                f"{', '.join(self._names) or self._model.class_count}; what it calls them is said "
                f"by classes in [printed] of {self._file}. The line: {match.string!r}"
            )
        return number

    def _score(self, match: re.Match[str], group: str) -> tuple[float, float]:
        # The percent sign may stand behind the group.
        text = match.string[match.start(group) :]
        found = _NUMBER.match(text)
        if not found or found.end("number") < len(match[group].rstrip("% ")):
            raise DeviceError(
                f"the firmware printed the score {match[group]!r}, no number: {match.string!r}"
            )
        return self._value(found)

    def _value(self, found: re.Match[str]) -> tuple[float, float]:
        """The real value of a number, and how far it may be from the true one."""
        number = float(found["number"])
        decimals = len((found["point"] or found["bare"] or ".")[1:])
        power = int(found["power"] or 0)
        percent = 0.01 if found["percent"] else 1.0
        half = 0.5 * 10.0 ** (power - decimals) * percent
        if np.isnan(number):
            number = np.inf  # NaN is what was not printed; this differs from any score, too
        scale = self._table.scale
        if scale == "raw":
            spec = self._model.output
            step = spec.scale or 1.0
            return (number - spec.zero_point) * step, half * step
        return number * percent * scale, half * scale
