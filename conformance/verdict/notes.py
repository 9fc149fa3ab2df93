"""What is to be known first of all that was seen in a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from conformance.trace.note import EndedTogether
from conformance.verdict.doubts.answers import SECOND, Answers


def notes_on(
    ended: Mapping[str, EndedTogether], unread: Set[str], answers: Answers
) -> Iterator[str]:
    """That connections ended at once, that nobody was answered any more, that not all was read."""
    if ended:
        most = max(ended.values())
        those = f"All connections that there were ({most.count})"
        which = those if most.are_all else f"Connections ({most})"
        yield (
            "The only other connection that there was ended as soon as wsbeat had ended one. "
            "What only broke off with it is held against nothing: look there first."
            if most.are_all and most.count == 1
            else f"{which} ended at the same "
            "time. What only broke off with them is held against nothing: look there first."
        )
    if answers.have_ceased:
        said, connections = answers.said[SECOND], answers.connections[SECOND]
        yield (
            f"When it was measured again nothing was answered any more, of {said} messages on "
            f"{connections} connections: see what ended that, as a task that writes for all."
        )
    for name in sorted(unread):
        yield (
            f"In {name} the server sent more than wsbeat reads on one connection: "
            "what it said there beyond that counts for nothing."
        )
