"""What is asked for of a crowd: how many connections, for how long, how they live, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Crowd:
    """The `sizes` of a crowd, one after the other; times are in seconds.

    It comes during `ramp` and lives for `lasting`, the ramp included; None leaves both to wsbeat.
    `mix` says how many live in which manner, as `mix_file` has it; empty, as most clients do.
    `workers` is how many processes live it, `scheduler` the address of Dask's that has them; None
    is a process for each processor of this machine.
    """

    sizes: tuple[int, ...]
    lasting: float | None = None
    ramp: float | None = None
    mix: Mapping[str, float] = field(default_factory=dict)
    mix_file: str | None = None
    workers: int | None = None
    scheduler: str | None = None

    @property
    def options(self) -> dict[str, str | float | None]:
        """The options that ask for it again, with their values; None for what is left to wsbeat."""
        return {
            "--crowd": ",".join(map(str, self.sizes)),
            "--for": self.lasting,
            "--ramp": self.ramp,
            "--mix": self.mix_file,
            "--workers": self.workers,
            "--scheduler": self.scheduler,
        }
