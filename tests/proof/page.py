"""The page docs/proof.md, made from the figures in docs/proof.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from tests.proof.figures import ROOT, Figures, measured

PAGE = ROOT / "docs" / "proof.md"
Section: TypeAlias = dict[str, Any]

HEAD = """\
# The proof

A suite is worth what its verdicts are worth. This page says what was done to find out whether
wsbeat's are right: it is made by `python -m tests.proof page` from figures that the commands below
have measured, each on the day and the machine that stand beside it. CI repeats what comes
out alike on any machine; `make live` repeats the rest, but the long runs and the mutation of the
rules.
"""

MATRIX = """\
## Every sentence has a peer that breaks it alone

A *mutant* is a compliant peer with one fault. The whole suite is run on each: its requirement has
to fail, and no other, save what the mutant declares as unavoidable, with the reason. A mutant that
survives fails the build, and so does a requirement without one. [Which mutant breaks
what](kill-matrix.md) is a page of its own.

| role | mutants | killed | by their own requirement alone | with others that they declare |
|---|---:|---:|---:|---:|"""

ATTACKS = """\
## The rules are attacked with traces that nobody recorded

A rule is a pure function of a trace, so it can be asked about thousands of them in a second. Models
of a compliant server and of a compliant client draw everything that the contract leaves open, and
what may happen to a harness besides: delays, stalls, how sharply it saw. No rule may blame one of
these. The tests also move, drop, double or alter one event at a time, and demand that the right
rule says so and no other.

| role | compliant traces | blamed | observations | traces judged per second |
|---|---:|---:|---:|---:|"""

RUNS = """\
## Compliant peers get the same verdict every time

Whole runs of the command at `fast` timing, in a row, on the references and on what others have
made of the contract with what it leaves open. *Busy* runs have so many busy loops beside them as
the table says. Inconclusive is what wsbeat says when it was too late itself to tell; a violation
there would be a lie. Peers that go to the limits are judged in virtual time: servers that look at
any moment and as late as they may, and clients at both ends of every interval.

| peer | runs | conformant | incomplete | violated | verdicts that are no pass |
|---|---:|---:|---:|---:|---|"""

ALIKE = """\
## In virtual time the report is the same to the byte

At the timing of production, in virtual time: what is said on the console, and the JSON, JUnit,
Markdown and HTML, of many runs in a row. Left out are dates and durations.

| peer | runs | of them beside busy loops | different reports |
|---|---:|---:|---:|"""

MUTATION = """\
## What is changed in the rules is noticed

Each of the rules' lines is changed in small ways, such as a comparison turned round or a number off
by one. Then the corpus is judged (`tests/corpus`: traces of all mutants and models, with what the
rules have to say of each, to the word), and after it the quick tests are run, those that open no
socket. What survives changes no verdict and is listed with the reason in
`tests/proof/mutation/survivors.toml`, or is a test that is still to be written. `python -m
tests.proof.mutation.hunt FILE` looks for traces that tell such a change, and adds them to the
corpus.

| file | changes | noticed | listed with a reason | not noticed |
|---|---:|---:|---:|---:|"""

BENCH = """\
## What it costs

Both sides of a ratio are measured in one run, one right after the other.

| figure | ratio | goal | made of |
|---|---:|---|---|"""

VIRTUAL = """
The matrix runs in virtual time, where nobody is late and waiting takes no time; one mutant of every
other section of the contract is run as users run the command, and so is all that needs its own
process.
"""

SLOWNESS = """\
## What broken servers cost

They are what people run a suite on again and again. Once a MUST is violated, simpler examples, and
what was in doubt, get no more than about one further wait. The table has the waits of a whole run
at `fast` timing, in virtual time, where what is computed takes none.

| server | waits | by the longest wait that is needed |
|---|---:|---:|"""


CROWDS = """\
## What a crowd costs

A crowd lives on a small compliant server on the same machine. Beside it stand as many connections
of `websockets` that ping as often and judge nothing: both take processor time for the handshakes,
too. *Late* is what wsbeat was late by at 99 of 100 looks at its clock. Beside *incomplete* stands
what was left open: a hundred connections are too few for one of each manner.

| connections | outcome | KiB for each | us for a reply | us of a bare client | ratio | late, ms |
|---:|---|---:|---:|---:|---:|---:|"""


def made() -> str:
    """The page."""
    figures = measured()
    parts = [HEAD]
    if (matrix := figures.get("matrix")) is not None:
        parts += [_table(MATRIX, _matrix(matrix), matrix) + VIRTUAL]
    if (attacks := figures.get("attacks")) is not None:
        parts += [_table(ATTACKS, _attacks(attacks), attacks)]
    runs, many = _sections("runs", figures), _sections("many", figures)
    if runs or many:
        rows = [row for name, section in runs.items() for row in _runs(name, section)]
        rows += [row for section in many.values() for row in _many(section)]
        parts += [_table(RUNS, iter(rows), *runs.values(), *many.values())]
    if alike := _sections("alike", figures):
        told = [_alike(name, section) for name, section in alike.items()]
        parts += [_table(ALIKE, iter(told), *alike.values())]
    if (mutation := figures.get("mutation")) is not None:
        parts += [_table(MUTATION, _mutation(mutation), mutation) + _share(mutation)]
    if (bench := figures.get("bench")) is not None:
        parts += [_table(BENCH, _bench(bench), bench)]
    if (crowds := figures.get("crowds")) is not None:
        parts += [_table(CROWDS, _crowds(crowds), crowds)]
    if (slowness := figures.get("slowness")) is not None:
        parts += [_table(SLOWNESS, _slowness(slowness), slowness)]
    return "\n".join(parts)


def _sections(part: str, figures: Figures) -> dict[str, Section]:
    """The sections of a part that has several, by what stands behind its name."""
    head = f"{part}: "
    return {
        name.removeprefix(head): section
        for name, section in figures.items()
        if name.startswith(head)
    }


def _table(head: str, rows: Iterator[str], *sections: Section) -> str:
    measured_by = "".join(
        f"    {made['command']}  # {made['date']}, {made['machine']}\n"
        for section in sections
        for made in (*section.get("earlier", ()), section)
    )
    return "\n".join([head, *rows, "", measured_by])


def _matrix(section: Section) -> Iterator[str]:
    for role in ("server", "client"):
        found = section[role]
        yield (
            f"| {role} | {found['mutants']} | {found['killed']} | {found['alone']} "
            f"| {found['declared']} |"
        )


def _attacks(section: Section) -> Iterator[str]:
    for role in ("server", "client"):
        found = section[role]
        yield (
            f"| {role} | {found['traces']:,} | {len(found['blamed'])} "
            f"| {found['observations']:,} | {found['judged_per_second']:,.0f} |"
        )


def _runs(name: str, section: Section) -> Iterator[str]:
    for how, said in (("idle", name), ("busy", f"{name}, {section['loops']} busy loops")):
        yield from _tallied(said, section[how])


def _many(section: Section) -> Iterator[str]:
    beside = f"{section['loops']} busy loops, {section['at_once']} runs at once"
    for name, found in section["peers"].items():
        yield from _tallied(f"{name}, {beside}", found)


def _tallied(said: str, found: Section) -> Iterator[str]:
    outcomes = found["outcomes"]
    if not (total := sum(outcomes.values())):
        return
    counts = [outcomes.get(each, 0) for each in ("conformant", "incomplete", "violated")]
    unsettled = found["unsettled"].items()
    told = ", ".join(f"{each} ({count})" for each, count in unsettled) or "none"
    yield f"| {said} | {total} | {' | '.join(map(str, counts))} | {told} |"


def _alike(name: str, section: Section) -> str:
    beside = f"{section['busy']} ({section['loops']} loops)"
    return f"| {name} | {section['runs']} | {beside} | {section['reports']} |"


def _mutation(section: Section) -> Iterator[str]:
    total = [0, 0, 0, 0]
    for file, fates in section["files"].items():
        noticed = fates.get("killed", 0) + fates.get("timed out", 0)
        row = [sum(fates.values()), noticed, fates.get("listed", 0), fates.get("survived", 0)]
        total = [one + other for one, other in zip(total, row, strict=True)]
        yield f"| {file} | {' | '.join(map(str, row))} |"
    yield f"| all | {' | '.join(map(str, total))} |"


def _share(section: Section) -> str:
    share = section.get("share", 1)
    return "" if share == 1 else f"\nOf all changes {share:.0%} were tried, chosen by chance.\n"


def _bench(section: Section) -> Iterator[str]:
    for each in section["figures"]:
        yield f"| {each['name']} | {each['ratio']:.2f} | {each['goal']} | {each['made_of']} |"


def _crowds(section: Section) -> Iterator[str]:
    for each in section["sizes"]:
        outcome = ": ".join(filter(None, (each["outcome"], ", ".join(each["open"]))))
        yield (
            f"| {each['connections']:,} | {outcome} | {each['memory'] / 1024:.0f} "
            f"| {each['processor'] * 1e6:.0f} | {each['bare'] * 1e6:.0f} "
            f"| {each['processor'] / each['bare']:.1f} | {each['lateness_99'] * 1000:.0f} |"
        )


def _slowness(section: Section) -> Iterator[str]:
    rows = {
        "one that keeps the contract": section["good"],
        f"the median of {section['servers']} that break it": section["median"],
        **{f"`{name}`": seconds for name, seconds in section["slowest"].items()},
    }
    for name, seconds in rows.items():
        yield f"| {name} | {seconds:.2f} s | {seconds / section['longest_wait']:.2f} |"
