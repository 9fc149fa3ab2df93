"""A scenario: what to do to a target. It asserts nothing; rules judge what it makes happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from inspect import cleandoc
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias

import spec
from conformance.scenarios.spellings import is_protocol, pings
from conformance.scenarios.step import Step
from conformance.trace.event import Certificate
from conformance.trace.trace import Role, Trace
from spec.dialect.dialect import Dialect

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.scenarios.schedule import Schedule
    from conformance.wire.client.listener import Listener
    from conformance.wire.server.dial import Dial

Need: TypeAlias = Literal["process", "wall clock", "proxy"]
"""What a scenario needs beside the server's URL.

A server of its own: one that it ends, or whose wall clock it sets. Or a way through its proxies.
"""

Kind: TypeAlias = Literal["prompt", "clocked", "explored", "crowded"]

Act: TypeAlias = Callable[["Dial", spec.Timing], Awaitable[None]]
"""What to do to a server, as its client."""

Follow: TypeAlias = Callable[["Dial", spec.Timing, "Schedule"], Awaitable[None]]
"""The same by a schedule, which says when what is said."""

Play: TypeAlias = Callable[["Listener", spec.Timing], Awaitable[None]]
"""What to do to a client, as its server."""

Lasting: TypeAlias = Callable[[spec.Timing], float]
"""How long something takes at a timing, in seconds."""

Steps: TypeAlias = Callable[[], "SearchStrategy[list[Step]]"]
"""What Hypothesis draws."""

Suits: TypeAlias = Callable[[Dialect], bool]
"""Whether what is done has its sense, and does no harm, in a dialect."""

Boundary: TypeAlias = Callable[[], Sequence[Step]]
"""What is said before anything is drawn: the cases at the edge, never left to luck."""


def _every(_: Dialect) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an explored scenario says in another dialect than the protocol's."""

    steps: Callable[[Dialect], SearchStrategy[list[Step]]]
    boundary: Callable[[Dialect], Sequence[Step]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a scenario of either role has.

    It is named by its stimulus, and `exercises` the requirements that it gives occasion to see.
    `module` is where it is defined. One that says what it is given has `steps`, and a `boundary`,
    `spoken` for another dialect that it `suits`; it teaches nothing without what it `presupposes`.
    """

    role: ClassVar[Role]
    name: str
    doc: str
    exercises: tuple[str, ...]
    module: str = ""
    kind: Kind = "clocked"
    steps: Steps | None = None
    boundary: Boundary | None = None
    suits: Suits = _every
    without_echo: bool = False
    """Whether it can be in the protocol, too, where the capability `echo` is off."""
    presupposes: tuple[str, ...] = ()
    spoken: Spoken | None = None
    dialect: Dialect | None = None
    """The dialect that its steps are said in, where that is another than the protocol's."""
    is_rough: bool = False
    """Whether it burdens a target so much that it is left out with its first requirement."""
    recorded: Trace | None = None
    """What it plays again, if it is there for that."""

    @property
    def traits(self) -> frozenset[str]:
        """What it has that others have not; what is only shown with that is not shown by others."""
        return frozenset()

    def said_in(self, dialect: Dialect) -> Self | None:
        """The same in another dialect than the protocol's; None where it has no sense there."""
        if (said := self.spoken) is None or not self.suits(dialect):
            return self if self.suits(dialect) else None
        return replace(
            self,
            dialect=dialect,
            steps=lambda: said.steps(dialect),
            boundary=lambda: said.boundary(dialect),
            presupposes=(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerScenario(Scenario):
    """Something to do to a server.

    A *prompt* scenario takes as long as its replies. A *clocked* one waits for the server's clock
    and runs, beside all others, in a process of its own; it has an `act`, or a schedule to
    `follow`. An *explored* one is a series of messages: first those of `boundary`, then what
    Hypothesis draws from `steps`. `connections` is how many it opens at the same time, `fewest` how
    many are enough for it. `needs` asks for instances of the server that the scenario has for
    itself, one for each. A *plain silence* is one with nothing beside it: a server that has ceased
    to close anything shows it there for certain.
    """

    role: ClassVar[Role] = "server"
    act: Act | None = None
    follow: Follow | None = None
    connections: int = 1
    fewest: int = 1
    needs: tuple[Need, ...] = ()
    is_plain_silence: bool = False

    @property
    def traits(self) -> frozenset[str]:
        """What becomes of the server's own process, and whether there are proxies."""
        return frozenset(self.needs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdScenario(Scenario):
    """What the connections of a crowd do to a server; `wsbeat server --crowd` alone performs it.

    `lives` are the ways of living of which one is enough for it, and `stage` says after how many
    waits, each as long as a silence may last, it begins.
    """

    role: ClassVar[Role] = "server"
    lives: tuple[str, ...]
    stage: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientScenario(Scenario):
    """Something to do to a client: a `play` that lasts some seconds beside the client's start.

    `certificate` is what wsbeat presents, where the connection is encrypted; `asks` says that the
    client is asked to end, `in_page` that it is told something by the browser around it.
    """

    role: ClassVar[Role] = "client"
    play: Play
    lasts: Lasting = field(default=lambda _: 0.0)
    certificate: Certificate | None = None
    asks: bool = False
    in_page: bool = False

    @property
    def traits(self) -> frozenset[str]:
        """Whether the client is asked to end, is shown a certificate, and has to be a page."""
        has = {
            "asks": self.asks,
            "certificate": self.certificate is not None,
            "in_page": self.in_page,
        }
        return frozenset(name for name, it_has in has.items() if it_has)


def prompt(
    *exercises: str, connections: int = 1, suits: Suits = _every, without_echo: bool = False
) -> Callable[[Act], ServerScenario]:
    """Make a function a prompt scenario that gives occasion to see these requirements.

    It opens so many connections at the same time, or fewer where fewer are allowed.
    """
    return lambda act: replace(
        _acted("prompt", act, exercises, connections), suits=suits, without_echo=without_echo
    )


def clocked(
    *exercises: str,
    connections: int,
    fewest: int | None = None,
    needs: tuple[Need, ...] = (),
    is_plain_silence: bool = False,
    is_rough: bool = False,
    suits: Suits = _every,
) -> Callable[[Act], ServerScenario]:
    """Make a function a clocked scenario that gives occasion to see these requirements.

    It needs all of its connections, unless it is said how many are enough.
    """
    return lambda act: replace(
        _acted("clocked", act, exercises, connections),
        needs=needs,
        fewest=fewest or connections,
        is_plain_silence=is_plain_silence,
        is_rough=is_rough,
        suits=suits,
    )


def scheduled(*exercises: str, connections: int, fewest: int) -> Callable[[Follow], ServerScenario]:
    """Make a function a clocked scenario that is run once for each of many schedules.

    `connections` is how many all of them open together, `fewest` how many one needs.
    """
    return lambda follow: ServerScenario(
        name=follow.__name__,
        kind="clocked",
        doc=cleandoc(follow.__doc__ or ""),
        exercises=exercises,
        follow=follow,
        connections=connections,
        fewest=fewest,
        module=follow.__module__,
    )


def explored(
    *exercises: str,
    boundary: Boundary | None = None,
    presupposes: tuple[str, ...] = (),
    spoken: Spoken | None = None,
    suits: Suits | None = None,
) -> Callable[[Steps], ServerScenario]:
    """Make a function that returns a Hypothesis strategy an explored scenario.

    `spoken` is what it says in another dialect, for those that it `suits`; unless there is any, it
    suits the protocol's alone.
    """
    suited = suits or (is_protocol if spoken is None else pings)
    return lambda steps: ServerScenario(
        name=steps.__name__,
        kind="explored",
        doc=cleandoc(steps.__doc__ or ""),
        exercises=exercises,
        steps=steps,
        boundary=boundary,
        presupposes=presupposes,
        spoken=spoken,
        suits=suited,
        module=steps.__module__,
    )


def played(
    *exercises: str,
    lasts: Lasting,
    certificate: Certificate | None = None,
    asks: bool = False,
    in_page: bool = False,
    name: str = "",
    steps: Steps | None = None,
    boundary: Boundary | None = None,
    spoken: Spoken | None = None,
    suits: Suits = _every,
) -> Callable[[Play], ClientScenario]:
    """Make a function a scenario for clients; `name` is for one that was made by a function.

    `boundary` and `steps` are what is said at the boundary, and drawn; `spoken` in a dialect.
    """
    return lambda play: ClientScenario(
        name=name or play.__name__,
        doc=cleandoc(play.__doc__ or ""),
        exercises=exercises,
        module=play.__module__,
        play=play,
        lasts=lasts,
        steps=steps,
        boundary=boundary,
        spoken=spoken,
        suits=suits,
        certificate=certificate,
        asks=asks,
        in_page=in_page,
    )


def _acted(kind: Kind, act: Act, exercises: tuple[str, ...], connections: int) -> ServerScenario:
    return ServerScenario(
        name=act.__name__,
        kind=kind,
        doc=cleandoc(act.__doc__ or ""),
        exercises=exercises,
        act=act,
        connections=connections,
        module=act.__module__,
    )
