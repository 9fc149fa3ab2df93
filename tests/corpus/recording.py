"""Where the traces of the corpus come from, and which of them are worth keeping."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeAlias, TypeVar

from conformance.rules import judge
from conformance.trace.file import read_traces
from conformance.trace.trace import Capabilities, Role, Trace
from tests.corpus.times import even, on_a_grid
from tests.mutants.matrix import BASES, Subject, in_virtual_time
from tests.mutants.virtual import report
from tests.traces import client_model, client_mutations, model, mutations
from tests.traces.chatter import chatter
from tests.traces.client_chatter import client_chatter
from tests.traces.mangling import mangle
from tests.traces.story import Story

LARGEST = 40_000
"""How many characters a trace may have, unless it is the only one: few are read more readily."""

SEEDS = 60
"""How many conversations of a model are drawn, and altered in each of the ways."""

MANGLED = 80
"""How many conversations of a model are mangled."""

CHATTER = 150
"""How many conversations full of mistakes are drawn."""

EXAMPLES = 3
"""How many altered conversations of a kind are kept, whatever they show."""

S = TypeVar("S", bound=Story)
Draw: TypeAlias = Callable[[Random], S]
Alter: TypeAlias = Callable[[Random, S], str | None]

Facet: TypeAlias = tuple[str, str, str]
"""What a trace shows: a requirement, what became of it, and in which words, numbers left out."""


def subjects() -> list[Subject]:
    """All that runs in virtual time: the mutants, and what they derive from."""
    bases: list[Subject] = [(role, name) for role, names in BASES.items() for name in names]
    return bases + in_virtual_time()


def of_subjects(wanted: Sequence[Subject], jobs: int) -> Iterator[tuple[Subject, list[Trace]]]:
    """The traces worth keeping of each subject."""
    with ProcessPoolExecutor(jobs) as pool:
        yield from zip(wanted, pool.map(of_subject, wanted), strict=True)


def of_subject(subject: Subject) -> list[Trace]:
    """The traces worth keeping of one subject: of a mutant, those in which something is amiss."""
    role, name = subject
    with TemporaryDirectory() as folder:
        report(role, name, traces=folder)
        traces = [trace for path in Path(folder).iterdir() for trace in _read(path)]
    return chosen(traces, amiss_only=name not in BASES[role])


def of_models() -> Iterator[tuple[Subject, list[Trace]]]:
    """Traces of the models: as they are, with one thing altered, and with several.

    Those with one are under the name of that.
    """
    yield from _of_model("server", model.story, _of_the_core, mutations.MUTATIONS)
    yield from _of_chatter("server", chatter)
    yield from _of_chatter("client", client_chatter)
    yield from _of_plan_b()
    yield from _of_model(
        "client", client_model.story, client_model.story, client_mutations.MUTATIONS
    )


def _of_chatter(
    role: Role, draw: Callable[[Random], Trace]
) -> Iterator[tuple[Subject, list[Trace]]]:
    drawn = [draw(Random(seed)) for seed in range(2 * CHATTER)]
    yield (role, "model_chatter"), [even(trace) for trace in drawn[:CHATTER]]
    yield (role, "model_chatter_on_a_grid"), [on_a_grid(trace) for trace in drawn[CHATTER:]]


def _of_plan_b() -> Iterator[tuple[Subject, list[Trace]]]:
    """Few of the stories are of Plan B, and there is as much to be said of it."""
    told, name = Capabilities(server_ping=True), "model_of_plan_b"
    yield from _of_mangled("server", name, lambda random: model.story(random, told))
    yield from _of_mangled("client", name, lambda random: client_model.story(random, plan_b=True))


def _of_mangled(role: Role, name: str, draw: Draw[S]) -> Iterator[tuple[Subject, list[Trace]]]:
    mangled = [_mangled(draw, seed) for seed in range(MANGLED)]
    yield (role, f"{name}_mangled"), [even(trace) for trace in mangled]
    yield (role, f"{name}_on_a_grid"), [on_a_grid(trace) for trace in mangled]


def _mangled(draw: Draw[S], seed: int) -> Trace:
    random = Random(seed)
    story = draw(random)
    mangle(random, story)
    return story.trace()


def _of_the_core(random: Random) -> Story:
    return model.story(random, Capabilities())


def _of_model(
    role: Role, compliant: Draw[S], draw: Draw[S], alterations: Sequence[Alter[S]]
) -> Iterator[tuple[Subject, list[Trace]]]:
    yield (role, "model"), [even(compliant(Random(seed)).trace()) for seed in range(SEEDS)]
    for alter in alterations:
        altered = list(filter(None, (_altered(draw, [alter], seed) for seed in range(SEEDS))))
        kept = chosen(altered, amiss_only=True)
        kept += [trace for trace in map(even, altered[:EXAMPLES]) if trace not in kept]
        yield (role, f"model_{alter.__name__}"), kept
    yield from _of_mangled(role, "model", compliant)
    several = (_altered(draw, Random(seed).sample(alterations, 3), seed) for seed in range(SEEDS))
    yield (role, "model_several_at_once"), [even(trace) for trace in several if trace is not None]


def _altered(draw: Draw[S], alterations: Sequence[Alter[S]], seed: int) -> Trace | None:
    """What becomes of a story; None where there was no occasion for any of the alterations."""
    random = Random(seed)
    story = draw(random)
    made = [alter(random, story) is not None for alter in alterations]
    return story.trace() if any(made) else None


def chosen(traces: Iterable[Trace], *, amiss_only: bool) -> list[Trace]:
    """The smallest traces that together show all there is to be shown."""
    kept: list[Trace] = []
    shown: set[Facet] = set()
    sized = sorted(
        ((sum(map(len, trace.to_lines())), n, trace) for n, trace in enumerate(map(even, traces))),
    )
    for size, _, trace in sized:
        facets = {each for each in _facets(trace) if not amiss_only or each[1] != "satisfied"}
        if facets - shown and (size <= LARGEST or not kept):
            shown |= facets
            kept.append(trace)
    return sorted(kept, key=lambda trace: (trace.scenario, trace.attempt))


def _read(path: Path) -> Iterator[Trace]:
    with path.open(encoding="utf-8") as file:
        yield from read_traces(file, path.name, trusted=True)


def _facets(trace: Trace) -> set[Facet]:
    return {
        (requirement, observation.outcome, re.sub(r"[\d.]+", "#", observation.message))
        for requirement, observation in judge(trace)
    }
