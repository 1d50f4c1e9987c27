"""Sharing: what each of several devices did of the inputs that they have divided among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tinyml_hil.record.facts import ShareFacts
from tinyml_hil.record.input_record import InputRecord, count_unstable
from tinyml_hil.record.measures import link_sentence


def shares_of(
    records: Iterable[InputRecord], links: Mapping[str, Mapping[str, int]]
) -> list[ShareFacts]:
    """What each device did; empty if there was one.

    Args:
        records: of the run's inputs.
        links: how often something went wrong on each device's link, by its word.
    """
    parts: dict[str, list[InputRecord]] = {word: [] for word in links}
    for record in records:
        if record.ran_on:
            parts.setdefault(record.ran_on, []).append(record)
    return [
        {
            "device": word,
            "inputs": len(part),
            "exact": sum(record.exact for record in part),
            "unstable": count_unstable(part),
            "link": dict(links.get(word, {})),
        }
        for word, part in sorted(parts.items())
    ]


def share_sentences(shares: Sequence[ShareFacts], what: str) -> list[str]:
    """A sentence about each device, for people; ``what``: an input is called."""
    return [_sentence(share, what) for share in shares]


def _sentence(share: ShareFacts, what: str) -> str:
    count, exact = share["inputs"], share["exact"]
    parts = [
        f"{share['device']} ran {count:,} {what}{'' if count == 1 else 's'}",
        f"{count - exact:,} differ from the host" if exact < count else "",
        f"{share['unstable']:,} unstable" if share["unstable"] else "",
        link_sentence(share["link"]),
    ]
    return "; ".join(filter(None, parts))
