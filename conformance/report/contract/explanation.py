"""What `wsbeat explain` says of one requirement: the sentence, its reason, how it is checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import spec
from conformance.report.contract.listing import first_line
from conformance.report.text_width import wrapped

if TYPE_CHECKING:
    from conformance.rules.rule import Rule
    from conformance.scenarios.scenario import Scenario


def explanation(
    requirement: spec.Requirement,
    rule: Rule | None,
    scenarios: Sequence[Scenario],
    width: int,
    link: str | None = None,
    mend: spec.Mend | None = None,
) -> Iterator[str]:
    """The explanation in lines of at most `width` cells.

    `rule` is the one that judges the requirement, if this version has one; `scenarios` are those
    that exercise it; `link` is where it stands in the manual, if anybody said where that is; `mend`
    is another than that of the protocol, as a dialect has it.
    """
    bound = " and ".join(sorted(requirement.roles))
    if requirement.capability:
        bound += f" (only where `{requirement.capability}` is declared)"
    yield f"{requirement.id}  {requirement.level}"
    yield ""
    yield from _part(requirement.sentence, width)
    yield from _part(
        f"For: {bound}. Section {requirement.section}. Since version {requirement.since}.", width
    )
    if link is not None:
        yield f"  {link}"
        yield ""
    yield "why"
    yield from _part(requirement.why, width)
    mend = mend or spec.mend_of(requirement.id)
    if mend.breaks:
        yield "how it usually breaks"
        yield from _part(mend.breaks, width)
    yield "the mend"
    for line in wrapped(mend.mend, width - 2):
        yield f"  {line}"
    for library, text in mend.at.items():
        yield from _item(f"{library}: {text}", width)
    yield ""
    yield "how it is checked"
    if rule is None:
        yield from _part("This version of wsbeat does not check it.", width)
        return
    for paragraph in rule.how.split("\n\n"):
        yield from _part(paragraph, width)
    yield "which scenarios show it (every rule judges all the others too)"
    for scenario in scenarios:
        yield from _item(f"{scenario.name}: {first_line(scenario)}", width)
    if not scenarios:
        yield "  none by itself"
    yield ""
    yield "to check it alone"
    if "server" in requirement.roles:
        yield f"  wsbeat server URL --select {requirement.id}"
    if "deployment" in requirement.roles:
        yield f"  wsbeat server URL --behind-proxy URL --select {requirement.id}"
    if "client" in requirement.roles:
        yield f"  wsbeat client --command 'CMD {{url}}' --select {requirement.id}"


def _part(text: str, width: int) -> Iterator[str]:
    for line in wrapped(text.replace("\n", " "), width - 2):
        yield f"  {line}"
    yield ""


def _item(text: str, width: int) -> Iterator[str]:
    first, *others = wrapped(text, width - 4)
    yield f"  {first}"
    for line in others:
        yield f"    {line}"
