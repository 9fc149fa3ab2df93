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

    def options(self, size: int) -> list[str]:
        """The options that ask for one of its sizes again."""
        told = {
            "--crowd": size,
            "--for": self.lasting,
            "--ramp": self.ramp,
            "--mix": self.mix_file,
            "--workers": self.workers,
            "--scheduler": self.scheduler,
        }
        return [
            word
            for name, value in told.items()
            if value is not None
            for word in (name, f"{value:g}" if isinstance(value, float) else str(value))
        ]
