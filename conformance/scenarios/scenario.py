"""A scenario: what to do to a target. It asserts nothing; rules judge what it makes happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING, Literal, TypeAlias

import spec
from conformance.trace.event import Certificate
from conformance.trace.trace import Role

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.scenarios.schedule import Schedule
    from conformance.wire.client.listener import Stage
    from conformance.wire.server.dial import Dial


Need: TypeAlias = Literal["process", "wall clock"]
"""What a scenario needs a server for that others are not disturbed: to end, or to be misled."""


Kind: TypeAlias = Literal["prompt", "clocked", "explored"]


Step: TypeAlias = str | bytes
"""Something said to a target: a text, or a binary message."""


Act: TypeAlias = Callable[["Dial", spec.Timing], Awaitable[None]]


Play: TypeAlias = Callable[["Stage", spec.Timing], Awaitable[None]]


Lasting: TypeAlias = Callable[[spec.Timing], float]
"""How long something takes at a timing, in seconds."""


Follow: TypeAlias = Callable[["Dial", spec.Timing, "Schedule"], Awaitable[None]]


Steps: TypeAlias = Callable[[], "SearchStrategy[list[Step]]"]


Boundary: TypeAlias = Callable[[], Sequence[Step]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something to do to a target, named by its stimulus.

    A *prompt* scenario takes as long as its replies. A *clocked* one waits for the server's clock
    and runs, beside all others, in a process of its own. An *explored* one is a series of
    messages: first those of `boundary`, then what Hypothesis draws from `steps`. `presupposes`
    names requirements without which nothing could be learned from it. `connections` is how many it
    opens at the same time; `module` is where it is defined. `needs` asks for instances of the
    server that the scenario has for itself, one for each.

    A scenario for clients is a `play` on a stage and `lasts` some seconds beside the client's
    start. `certificate` is what the stage presents, where it is encrypted; `asks` says that the
    client is asked to end.
    """

    name: str
    kind: Kind
    doc: str
    exercises: tuple[str, ...]
    act: Act | None = None
    follow: Follow | None = None
    steps: Steps | None = None
    boundary: Boundary | None = None
    presupposes: tuple[str, ...] = ()
    connections: int = 1
    module: str = ""
    role: Role = "server"
    needs: tuple[Need, ...] = ()
    play: Play | None = None
    lasts: Lasting = lambda _: 0.0
    certificate: Certificate | None = None
    asks: bool = False


def prompt(*exercises: str) -> Callable[[Act], Scenario]:
    """Make a function a prompt scenario that gives occasion to see these requirements."""
    return lambda act: _acted("prompt", act, exercises, 1, ())


def clocked(
    *exercises: str, connections: int, needs: tuple[Need, ...] = ()
) -> Callable[[Act], Scenario]:
    """Make a function a clocked scenario that gives occasion to see these requirements."""
    return lambda act: _acted("clocked", act, exercises, connections, needs)


def fleet(*exercises: str, connections: int) -> Callable[[Follow], Scenario]:
    """Make a function a clocked scenario that is run once for each schedule of a fleet."""
    return lambda follow: Scenario(
        follow.__name__,
        "clocked",
        cleandoc(follow.__doc__ or ""),
        exercises,
        follow=follow,
        connections=connections,
        module=follow.__module__,
    )


def explored(
    *exercises: str, boundary: Boundary | None = None, presupposes: tuple[str, ...] = ()
) -> Callable[[Steps], Scenario]:
    """Make a function that returns a Hypothesis strategy an explored scenario."""

    def made(steps: Steps) -> Scenario:
        return Scenario(
            steps.__name__,
            "explored",
            cleandoc(steps.__doc__ or ""),
            exercises,
            steps=steps,
            boundary=boundary,
            presupposes=presupposes,
            module=steps.__module__,
        )

    return made


def played(
    *exercises: str,
    lasts: Lasting,
    certificate: Certificate | None = None,
    asks: bool = False,
    name: str = "",
    steps: Steps | None = None,
    boundary: Boundary | None = None,
) -> Callable[[Play], Scenario]:
    """Make a function a scenario for clients; `name` is for one that was made by a function.

    `boundary` and `steps` are for one that says what it is given: what stands at the boundary, and
    what Hypothesis draws.
    """

    def made(play: Play) -> Scenario:
        return Scenario(
            name or play.__name__,
            "clocked",
            cleandoc(play.__doc__ or ""),
            exercises,
            module=play.__module__,
            role="client",
            play=play,
            lasts=lasts,
            steps=steps,
            boundary=boundary,
            certificate=certificate,
            asks=asks,
        )

    return made


def _acted(
    kind: Kind, act: Act, exercises: tuple[str, ...], connections: int, needs: tuple[Need, ...]
) -> Scenario:
    return Scenario(
        act.__name__,
        kind,
        cleandoc(act.__doc__ or ""),
        exercises,
        act=act,
        connections=connections,
        module=act.__module__,
        needs=needs,
    )
