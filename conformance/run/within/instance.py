"""The only instance that there is of a server in wsbeat's own process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from conformance.run.within.serving import Hosted
from conformance.scenarios.scenario import ServerScenario
from conformance.verdict.result import Outcome


@dataclass(slots=True)
class OnlyInstance:
    """The server itself, which a scenario has for itself once all others are over.

    Its wall clock is that of the whole process, and it ends once.
    """

    hosted: Hosted
    _set_wall_clock: Callable[[float], None]
    is_shared: ClassVar[bool] = True
    is_hurried: bool = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.hosted.port

    @property
    def ahead(self) -> int:
        """Nothing, before a scenario sets it."""
        return 0

    def ask_to_end(self) -> str:
        """Ask in the way that there is in a process of several."""
        return self.hosted.ask_to_end()

    def set_wall_clock(self, by: int) -> None:
        """Set that of the whole process."""
        self._set_wall_clock(by)

    @property
    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return bool(self.hosted.ended)

    def prepare(self, scenario: ServerScenario, tick: Callable[[], None]) -> bool:
        """Whether it is there; it cannot be started again."""
        return not (scenario.needs and self.hosted.is_over)

    def revive(self, tick: Callable[[], None]) -> bool:
        """It cannot be started again."""
        return False

    def take(self, scenarios: Sequence[ServerScenario]) -> dict[str, tuple[OnlyInstance, ...]]:
        """It, however many a scenario needs."""
        return {each.name: (self,) * len(each.needs) for each in scenarios if each.needs}

    def notes(self, _: Outcome) -> Iterator[str]:
        """How it ended, if it did by itself."""
        if self.hosted.ended:
            yield self.hosted.ended
