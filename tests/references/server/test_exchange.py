"""What the reference server answers, message by message, down to the nastiest."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Data, Subprotocol

from tests.peers.rude_client import BINARY, CLOSE, TEXT, dialled, frame, read_to_end

PONG = '{"type":"pong"}'
WITNESS = '["witness"]'  # a business message: its echo shows that all before it was dealt with

PINGS = [
    '{"type":"ping"}',
    '\n{ "type"\t:\r"ping" } ',
    r'{"\u0074ype":"p\u0069ng"}',
    '{"data":[1,{"type":"pong"}],"type":"ping","type2":null}',
]
BUSINESS = [
    *("null", "true", "false", "0", "1", "-1", "1.5", "1e2", '""', '"ping"', "[]", "{}"),
    *('{"type":"pong"}', '{"type":"PING"}', '{"type":"ping "}', '{"Type":"ping"}'),
    *('{"type":["ping"]}', '{"type":{"type":"ping"}}', '[{"type":"ping"}]', '{"data":"ping"}'),
    *('{"type":null}', '{"type":true}', '{"type":1}', '"{\\"type\\":\\"ping\\"}"'),
    *("9007199254740991", "-9007199254740991", "1e308", "5e-324", "0.1", "-0.0"),
    *('"\\u0000\\u001f\\"\\\\"', '"é ü \U0001f600 \\ud83d\\ude00 e\u0301"', '{"":{"":[[],{}]}}'),
    *('{"type":"echo","data":1}', '[true,1,"1",null]', '"' + "a" * 65534 + '"'),
    "[" * 64 + "]" * 64,
    '{"a":' * 64 + "1" + "}" * 64,
]
NOT_JSON = [
    *("", " ", "ping", "NaN", "Infinity", "-Infinity", "[NaN]", '{"type":"ping","at":NaN}'),
    *("\ufeff{}", '\ufeff{"type":"ping"}', "[1,]", "{'a':1}", "{a:1}", "01", "+1", "1.", ".5"),
    *("0x1", '"\t"', '"\n"', "1 2", "{}{}", "//\n1", "[", '{"type":"ping"', '"\\x"', "\x00", "١"),
]
BEYOND = ["1e400", "[-1e400]", "1" * 5000, "[" * 100_000 + "]" * 100_000, "[" * 100_000]
BINARIES = [b"", b"\xff\x00", b'{"type":"ping"}', b"[1]"]


async def answers(url: str, *messages: Data) -> list[str]:
    """Send the messages and return what came back before the echo of the witness."""
    async with connect(url, max_size=None, ping_interval=None) as peer:
        for message in (*messages, WITNESS):
            await peer.send(message)
        received: list[str] = []
        while (answer := await peer.recv()) != json.dumps(
            {"type": "echo", "data": json.loads(WITNESS)}, separators=(",", ":")
        ):
            assert isinstance(answer, str)
            received.append(answer)
        return received


@pytest.mark.asyncio
@pytest.mark.parametrize("ping", PINGS)
async def test_a_ping_in_any_spelling_gets_one_pong(url: str, ping: str) -> None:
    assert await answers(url, ping) == [PONG]


@pytest.mark.asyncio
@pytest.mark.parametrize("business", BUSINESS, ids=lambda text: text[:24])
async def test_any_other_json_gets_one_echo(url: str, business: str) -> None:
    [answer] = await answers(url, business)
    echo = json.loads(answer)
    assert echo == {"type": "echo", "data": json.loads(business)}
    assert repr(echo["data"]) == repr(json.loads(business))  # True is not 1, nor 1.0


@pytest.mark.asyncio
@pytest.mark.parametrize("noise", NOT_JSON, ids=lambda text: ascii(text[:24]))
async def test_text_that_is_not_json_gets_nothing(url: str, noise: str) -> None:
    assert await answers(url, noise) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("beyond", BEYOND, ids=lambda text: text[:24])
async def test_json_that_python_cannot_take_gets_nothing(url: str, beyond: str) -> None:
    assert await answers(url, beyond) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("surrogate", [r'"\ud800"', r'{"\udfff":"\udc00\ud800"}'])
async def test_a_lone_surrogate_is_echoed_as_an_escape(url: str, surrogate: str) -> None:
    [answer] = await answers(url, surrogate)
    assert answer.isascii()
    assert json.loads(answer) == {"type": "echo", "data": json.loads(surrogate)}


@pytest.mark.asyncio
@pytest.mark.parametrize("depth", [*range(940, 1000, 7), 2000])
async def test_nesting_is_echoed_or_ignored_and_never_ends_the_connection(
    url: str, depth: int
) -> None:
    text = "[" * depth + "]" * depth
    assert await answers(url, text) in ([], ['{"type":"echo","data":' + text + "}"])


@pytest.mark.asyncio
@pytest.mark.parametrize("binary", BINARIES)
async def test_binary_gets_nothing(url: str, binary: bytes) -> None:
    assert await answers(url, binary) == []


@pytest.mark.asyncio
async def test_replies_come_in_the_order_of_the_messages(url: str) -> None:
    sent = ['{"type":"ping"}' if number % 3 else str(number) for number in range(2000)]
    expected = [
        PONG if number % 3 else f'{{"type":"echo","data":{number}}}' for number in range(2000)
    ]
    assert await answers(url, *sent) == expected


@pytest.mark.asyncio
@pytest.mark.parametrize("offered", [["chat"], ["wsbeat", "chat"]])
async def test_a_subprotocol_that_is_offered_is_not_selected(url: str, offered: list[str]) -> None:
    async with connect(url, subprotocols=[Subprotocol(name) for name in offered]) as peer:
        assert peer.subprotocol is None


@pytest.mark.asyncio
@pytest.mark.parametrize("mebibytes", [2, 17])
async def test_a_message_over_the_limit_is_closed_with_1009(url: str, mebibytes: int) -> None:
    # The server must go on reading: a connection that is reset takes its Close frame with it.
    async with dialled(url) as sock:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(sock, frame(TEXT, b"a" * (mebibytes * 2**20)))
        received = await read_to_end(sock)
    assert received[2:4] == (1009).to_bytes(2, "big")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(TEXT, b"\xff\xfe"), 1007),
        (frame(TEXT, b'"\xc3', final=False) + frame(0, b'\x28"'), 1007),
        (frame(0xB, b""), 1002),
        (frame(TEXT, b'{"type":"ping"}') * 500 + frame(0xB, b""), 1002),
        (frame(CLOSE, b"\x03\xed"), 1002),
    ],
)
async def test_broken_frames_are_closed_with_the_code_of_their_fault(
    url: str, frames: bytes, code: int
) -> None:
    async with dialled(url) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, frames)
        received = await read_to_end(sock)
    assert code.to_bytes(2, "big") in received[-125:]


@pytest.mark.asyncio
async def test_a_fragmented_ping_is_a_ping_and_fragmented_binary_is_not(url: str) -> None:
    text = b'{"type":"ping"}'
    async with dialled(url) as sock:
        send = asyncio.get_running_loop().sock_sendall
        await send(sock, frame(BINARY, text[:5], final=False) + frame(0, text[5:]))
        await send(sock, frame(TEXT, text[:5], final=False) + frame(0, text[5:]))
        assert await asyncio.get_running_loop().sock_recv(sock, 64) == b"\x81\x0f" + PONG.encode()
        await send(sock, frame(CLOSE, b"\x03\xe8"))
        assert await read_to_end(sock) == b"\x88\x02\x03\xe8"


@pytest.mark.asyncio
async def test_control_frames_are_answered_in_kind(url: str) -> None:
    async with connect(url, ping_interval=None) as peer:
        await (await peer.ping(b"payload"))
        await peer.close(4321, "bye")
        assert (peer.close_code, peer.close_reason) == (4321, "bye")
        with pytest.raises(ConnectionClosed):
            await peer.recv()
