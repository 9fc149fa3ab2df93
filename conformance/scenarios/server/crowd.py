"""What a crowd does to a server: thousands of connections that live as clients do.

They are in three stages, each as long as a silence may last: nobody does harm in the first, so that
a server that is late is seen to be so without it; in the second some are reset; in the third some
read nothing. `conformance.scenarios.life` says how a connection lives.
"""

from __future__ import annotations

from conformance.scenarios.scenario import CrowdScenario

BUSINESS = '{"business":1}'
"""What a connection says that is no ping."""


LATENESS = "S-REPLY-SOON"
"""What a server breaks whose replies are late."""


COMES_OF_LATENESS = frozenset({"S-PONG", "S-ECHO", "S-ORDER", "S-QUIET", "S-CONTROL"})
"""What such a server may seem to break as well: pongs look alike, so that one that comes later than
the next ping is taken for the answer to that, and the first seems to have none."""


lives_in_a_crowd = CrowdScenario(
    name="lives_in_a_crowd",
    doc="Lives on one of thousands of connections as clients do: pings, talks, falls silent, "
    "closes in order, comes back.",
    exercises=(
        "S-ACCEPT",
        "S-PONG",
        "S-PONG-FORM",
        "S-REPLY-SOON",
        "S-ORDER",
        "S-ECHO",
        "S-ECHO-DATA",
        "S-ECHO-FORM",
        "S-VALID-OUTPUT",
        "S-CONTROL",
        "S-TIMEOUT-EARLIEST",
        "S-TIMEOUT-LATEST",
        "S-TIMEOUT-CODE",
        "S-CLOCK-START",
        "S-REFRESH",
        "S-ONLY-PINGS",
        "S-INDEPENDENT",
        "S-QUIET",
    ),
    module=__name__,
    kind="crowded",
    lives=("pings",),
)


is_reset_in_a_crowd = CrowdScenario(
    name="is_reset_in_a_crowd",
    doc="Resets some of thousands of connections, and looks at the others.",
    exercises=("S-SURVIVE",),
    module=__name__,
    kind="crowded",
    lives=("resets",),
    stage=1,
)


reads_nothing_in_a_crowd = CrowdScenario(
    name="reads_nothing_in_a_crowd",
    doc="Ceases to read on some of thousands of connections, and looks at the others.",
    exercises=("S-NO-QUEUE",),
    module=__name__,
    kind="crowded",
    lives=("reads_nothing",),
    stage=2,
)
