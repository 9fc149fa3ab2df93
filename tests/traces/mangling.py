"""Stories in which anything was taken out, moved or said twice, whether or not it makes sense.

What is to be said of them is nobody's to know; that something is said, and that it stays the same,
is what the corpus keeps them for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import TypeAlias

from tests.traces.story import Draft, Story

MOST = 6
"""How many events of a story are mangled."""

SHIFTS = (-1.0, -0.3, -0.05, 0.05, 0.3, 0.7, 1.5, 2.5)
"""By how much (seconds) an event is moved, or all that comes after it."""

Mangle: TypeAlias = Callable[[Random, Story, Draft], None]


def mangle(random: Random, story: Story) -> None:
    """Mangle a few events of a story."""
    for _ in range(random.randint(1, MOST)):
        random.choice(WAYS)(random, story, random.choice(story.drafts))


def _takes_out(_: Random, story: Story, draft: Draft) -> None:
    if len(story.drafts) > 1:
        story.drafts.remove(draft)


def _takes_out_what_follows(_: Random, story: Story, draft: Draft) -> None:
    """All that was to come on its connection."""
    story.drafts = [
        each
        for each in story.drafts
        if each.connection != draft.connection or each.stamp <= draft.stamp
    ]


def _moves(random: Random, _: Story, draft: Draft) -> None:
    _shift([draft], random.choice(SHIFTS))


def _moves_what_follows(random: Random, story: Story, draft: Draft) -> None:
    later = [each for each in story.drafts if each.stamp >= draft.stamp]
    _shift(later, abs(random.choice(SHIFTS)))


def _says_twice(random: Random, story: Story, draft: Draft) -> None:
    again = replace(draft)
    _shift([again], abs(random.choice(SHIFTS)))
    story.drafts.append(again)


def _blurs(random: Random, _: Story, draft: Draft) -> None:
    """It is not known any more when exactly it was."""
    draft.earliest = max(0.0, draft.earliest - random.choice((0.05, 0.2, 0.6)))


def _shift(drafts: Sequence[Draft], by: float) -> None:
    by = max(by, -min(draft.earliest for draft in drafts))
    for draft in drafts:
        draft.stamp += by
        draft.earliest += by
        draft.latest += by


WAYS: tuple[Mangle, ...] = (
    _takes_out,
    _takes_out_what_follows,
    _moves,
    _moves_what_follows,
    _says_twice,
    _blurs,
)
