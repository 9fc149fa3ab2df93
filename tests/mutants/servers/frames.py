"""Servers that fail where a message comes in several frames, or a frame in several segments."""

from dataclasses import replace

from websockets.frames import Frame, Opcode

from tests.mutants.behaviour import Behaviour, Close
from tests.mutants.mutant import mutant
from tests.mutants.servers.liveness import restarted_by_text

DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
MANY = 40  # frames
LONG = b"\xfe"  # masked, and as long as two more bytes say
MARK = b"\r"  # white space in JSON, which nothing that wsbeat says ends with


@mutant("S-PONG")
def takes_every_frame_for_a_message(server: Behaviour) -> Behaviour:
    """A frame is read as a message of its own, and one that goes on with another as a text."""

    def whole(frame: Frame, _: bool) -> Frame:
        goes_on = frame.opcode is Opcode.CONT
        return replace(frame, fin=True, opcode=Opcode.TEXT if goes_on else frame.opcode)

    return replace(server, hears=whole)


@mutant("S-PONG")
def closes_on_a_message_in_frames(server: Behaviour) -> Behaviour:
    """A message that does not come in one frame is closed with 1003."""
    return replace(
        server,
        hears=lambda frame, _: (
            Close(1003, "no fragments") if frame.opcode in DATA and not frame.fin else frame
        ),
    )


@mutant("S-PONG")
def keeps_the_frames_of_all_connections_in_one_list(server: Behaviour) -> Behaviour:
    """What has come of a message waits in a list that all connections have in common."""
    begun: list[bytes] = []

    def joined(frame: Frame, _: bool) -> Frame:
        is_first = frame.opcode in (Opcode.TEXT, Opcode.BINARY)
        if frame.opcode not in DATA or (is_first and frame.fin):
            return frame
        before = b"".join(begun) if is_first else b""
        begun.append(bytes(frame.data))
        if frame.fin:
            begun.clear()
        return replace(frame, data=before + bytes(frame.data))

    return replace(server, hears=joined)


@mutant("S-ECHO-DATA")
def decodes_each_frame_by_itself(server: Behaviour) -> Behaviour:
    """A character that is spread over several frames becomes question marks."""

    def decoded(frame: Frame, _: bool) -> Frame:
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return frame
        return replace(frame, data=bytes(frame.data).decode(errors="replace").encode())

    return replace(server, hears=decoded)


@mutant("S-CONTROL")
def answers_no_control_ping_amid_a_message(server: Behaviour) -> Behaviour:
    """A control Ping between two frames of a message gets no Pong."""
    return replace(
        server, hears=lambda frame, amid: None if amid and frame.opcode is Opcode.PING else frame
    )


@mutant("S-SIZE")
def takes_no_more_than_forty_frames(server: Behaviour) -> Behaviour:
    """A message in more frames than that is closed with 1009, however small it is."""
    frames = [0]

    def counted(frame: Frame, amid: bool) -> Frame | Close:
        if frame.opcode in DATA:
            frames[0] = frames[0] + 1 if amid else 1
        return Close(1009) if frames[0] == MANY else frame

    return replace(server, hears=counted)


@mutant("S-REFRESH")
def overlooks_a_ping_in_frames(server: Behaviour) -> Behaviour:
    """A ping that does not come in one frame is answered and otherwise forgotten."""

    def marked(frame: Frame, amid: bool) -> Frame:
        is_last = amid and frame.opcode is Opcode.CONT and frame.fin
        return replace(frame, data=bytes(frame.data) + MARK) if is_last else frame

    marked_text = MARK.decode()
    refreshed = restarted_by_text(
        server, lambda traffic, text: traffic == "ping" and not text.endswith(marked_text)
    )
    return replace(refreshed, hears=marked)


@mutant("S-PONG")
def takes_a_segment_for_a_header(server: Behaviour) -> Behaviour:
    """What comes of a frame is thrown away if its header is not there in one piece."""
    return replace(server, torn=lambda _: b"")


@mutant("S-ECHO")
def takes_the_length_of_a_frame_to_come_at_once(server: Behaviour) -> Behaviour:
    """A length of two bytes of which only one has come is thrown away."""
    return replace(server, torn=lambda data: b"" if data[1:2] == LONG and len(data) == 3 else data)
