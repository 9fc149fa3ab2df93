"""Files that describe no dialect: each is refused in one sentence that says where and what."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.dialect.file import DialectError, read_dialect, read_document
from spec.dialect.shipped import text_of

HEAD = 'dialect = 1\nname = "ours"\n'
PING = "[ping]\nby = \"client\"\ntext = 'ping'\n"
PONG = "[pong]\ntext = 'pong'\n"
GOOD = HEAD + PING + PONG
BY_ID = HEAD + '[ping]\nby=\'client\'\ntext=\'{"t":"p","n":${id}}\'\n'
TIMEOUT = "[timeout]\nclose = [4008]\n[timing]\nheartbeat_timeout = 45\n"

BAD = {
    "no TOML": ("[ping", "found no TOML"),
    "empty": ("", 'expected a member "dialect"; found none'),
    "no name": ("dialect = 1\n" + PING, 'expected a member "name"; found none'),
    "no ping": (HEAD, 'expected a member "ping"; found none'),
    "another version": (GOOD.replace("= 1", "= 2"), "expected 1; found 2"),
    "misspelt key": (GOOD + "[timout]\nclose=[1000]\n", 'did you mean "timeout"'),
    "misspelt key within": (GOOD + "[others]\nnot_jsno='free'\n", 'did you mean "not_json"'),
    "order below a table": (
        GOOD + 'order = "in order"\n', "above the first table: what stands below [pong] is"),
    "one of the table's own below it": (
        GOOD + "[timing]\nhear = 1\n", 'found a member "hear"'),
    "misspelt side": (GOOD.replace('"client"', '"clint"'), "ping.by: expected one of"),
    "no side": (HEAD + "[ping]\ntext='ping'\n", 'ping: expected a member "by"'),
    "text is a number": (GOOD.replace("'ping'", "7"), "ping.text: expected string; found 7"),
    "empty text": (GOOD.replace("'ping'", "''"), "ping.text: expected a length of at least 1"),
    "a hole that there is not": (GOOD.replace("'ping'", "'ping ${idd}'"), 'did you mean "id"'),
    "a hole without a name": (GOOD.replace("'ping'", "'ping ${}'"), "no name"),
    "a hole that does not end": (GOOD.replace("'ping'", "'ping ${id'"), "does not end"),
    "a secret without a name": (GOOD.replace("'ping'", "'ping ${env:}'"), "no name"),
    "nearly JSON": (GOOD.replace("'ping'", "'{\"a\":1,}'"), "begins like JSON and is none"),
    "a separator behind JSON": (
        GOOD.replace("'ping'", '"{\\"a\\":${id}}\\u001e"'), "behind it comes '\\x1e'"),
    "business with a separator": (
        GOOD + '[business]\nsay="{}\\u001e"\n', "business.say: found '{}\\x1e'"),
    "further said": (GOOD.replace("'ping'", "'{\"a\":1,\"...\":0}'"), "cannot be said"),
    "further in text": (HEAD + PING + "further = true\n", "no JSON object"),
    "hears a string": (
        HEAD + """[ping]\nby = "client"\ntext = '{"n":null}'\nhear = '{"n":"${any}"}'\n""",
        "a hole in quotes is a string",
    ),
    "hears another": (HEAD + PING + "hear = 'PING'\n", "does not fit what is said"),
    "copies what is not there": (GOOD.replace("'pong'", "'pong ${id}'"), "is not in it"),
    "no code": (GOOD + TIMEOUT.replace("4008", "99"), "codes from 1000 to 4999"),
    "code of nobody": (GOOD + TIMEOUT.replace("4008", "1006"), 'expected "abort"'),
    "range backwards": (GOOD + TIMEOUT.replace("4008", '"4999-4000"'), "the lower code first"),
    "a word that is no end": (GOOD + TIMEOUT.replace("4008", '"closed"'), "timeout.close[0]"),
    "no end": (GOOD + TIMEOUT.replace("4008", ""), "timeout.close: expected a length"),
    "a timeout that never comes": (GOOD + "[timeout]\nclose=[1000]\n", "no heartbeat_timeout"),
    "alive by what never comes": (GOOD + '[alive]\nby="pongs"\n' + TIMEOUT, 'expected "pings"'),
    "alive without a timeout": (GOOD + '[alive]\nby="pings"\n', "no [timeout]"),
    "never alive and a timeout": (GOOD + '[alive]\nby="never"\n' + TIMEOUT, "one or the other"),
    "both say the same": (
        HEAD + '[ping]\nby="both"\ntext="x"\n[pong]\ntext="x"\n', "cannot be told from a ping"),
    "in order without ids": ('order = "in order"\n' + GOOD, "carries no ${id}"),
    "the protocol's name": (GOOD.replace('"ours"', '"wsbeat"'), "the protocol's own"),
    "a name with spaces": (GOOD.replace('"ours"', '"our own"'), "name: expected text that matches"),
    "negative time": (GOOD + "[timing]\nheartbeat_interval=-1\n", "expected more than 0"),
    "time in words": (GOOD + "[timing]\nheartbeat_interval='30s'\n", "expected number"),
    "time that is none": (GOOD + "[timing]\nheartbeat_interval=nan\n", "JSON has not"),
    "a date": (GOOD + "[timing]\nheartbeat_interval=1979-05-27\n", "JSON has not"),
    "subprotocol with a space": ('subprotocols=["a b"]\n' + GOOD, "subprotocols[0]"),
    "a secret that the server says": (
        GOOD + "[[prelude]]\nby='server'\ntext='hi ${env:TOKEN}'\n", "found a secret that"),
    "a prelude that is a pong": (
        GOOD + "[[prelude]]\nby='server'\ntext='pong'\n", "found what is a pong, too"),
    "a prelude that may be anything": (
        GOOD + "[[prelude]]\nby='server'\ntext='hi'\nhear='${any}'\n", "prelude[0].hear: found"),
    "a misspelt key of a prelude": (
        GOOD + "[[prelude]]\nby='server'\ntext='hi'\noptinal=true\n", 'did you mean "optional"'),
    "a server that does not ping and counts": (GOOD + "[server]\nnext='pong'\n", "does not ping"),
    "counted from a pong that there is not": (
        HEAD + PING.replace("client", "server") + "[server]\nnext='pong'\n", "there is no [pong]"),
    "numbers that rise and are not there": (
        GOOD.replace("[pong]", "rising = true\n[pong]"), "ping.rising: found it"),
    "a client that counts from no pong": (
        HEAD + PING + "[client]\nnext='pong'\n", "client.next: found"),
    "a client that bears no pongs": (
        HEAD + PING + "[client]\nbears=['pongs']\n", "client.bears: found"),
    "a reserved code": (
        GOOD + "[client]\nmay_stay_away=[1006]\n", "client.may_stay_away: found 1006"),
    "counted from what is unknown": (
        GOOD.replace("client", "server") + "[server]\nnext='pang'\n", "server.next: expected"),
    "a misspelt key of the server": (
        GOOD.replace("client", "server") + "[server]\nnxt='pong'\n", 'did you mean "next"'),
    "a code that is no list": (
        GOOD + "[timeout]\nclose=4008\n", "expected array, such as [4008]; found 4008"),
    "a prelude in one bracket": (
        GOOD + "[prelude]\nby='client'\ntext='hi'\n", "[[prelude]], in two brackets"),
    "time with a unit": (
        GOOD + "[timing]\nheartbeat_interval='20s'\n", "expected number, of seconds; found"),
    "a timeout that no ping outlasts": (
        GOOD + TIMEOUT + "heartbeat_interval = 45\n", "more than heartbeat_interval, 45 s"),
    "business that is a ping": (
        GOOD + "[business]\nsay='ping'\nhear='ok'\n", "business.say: found what is a ping"),
    "business that is answered with a pong": (
        GOOD + "[business]\nsay='hi'\nhear='pong'\n", "business.hear: found what is a pong"),
    "an event that is a pong": (
        GOOD + "[[event]]\ntext='pong'\n", "`unasked = true` in [pong]"),
    "an event that is a ping": (
        GOOD.replace("client", "server") + "[[event]]\ntext='ping'\n", "found what is a ping, too"),
    "prelude of nobody": (GOOD + "[[prelude]]\ntext='hi'\n", 'prelude[0]: expected a member "by"'),
}  # fmt: skip


@pytest.mark.parametrize(("content", "told"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_one_sentence(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(content)
    with pytest.raises(DialectError) as caught:
        read_dialect(str(file))
    said = str(caught.value)
    assert told in said
    assert said.startswith(str(file))
    assert "\n" not in said


def test_there_are_thirty_kinds_of_them() -> None:
    assert len(BAD) >= 30


def test_what_they_are_made_from_is_good(tmp_path: Path) -> None:
    exact = '[business]\nsay = "{}\\u001e"\nexact = true\n'
    for content in (GOOD, BY_ID, GOOD + TIMEOUT, GOOD + exact, text_of("wsbeat")):
        file = tmp_path / "good.toml"
        file.write_text(content)
        assert read_dialect(str(file)).ping


def test_a_file_that_is_not_there_is_told_from_a_name(tmp_path: Path) -> None:
    for given_, told in (
        ("wsbaet", 'did you mean "wsbeat"'),
        (str(tmp_path / "none.toml"), "no file"),
        (str(tmp_path), "cannot be read"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(DialectError, match=told):
            read_dialect(given_)


def test_what_is_no_text_is_no_dialect(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(DialectError, match="UTF-8"):
        read_dialect(str(file))
    file.write_text("#" * 300_000)
    with pytest.raises(DialectError, match="more than"):
        read_dialect(str(file))
    file.write_text("a = " + "[" * 5000 + "]" * 5000)
    with pytest.raises(DialectError, match="no TOML"):
        read_dialect(str(file))


PLAIN = st.none() | st.booleans() | st.integers(-9, 5000) | st.text(max_size=12)
KEYS = st.sampled_from(
    ["dialect", "name", "ping", "pong", "by", "text", "hear", "timeout", "close", "alive",
     "others", "json", "client", "gives_up", "timing", "heartbeat_timeout", "prelude", "business",
     "order", "quiet", "further", "exact", "event", "say", "optional", "server", "next"]
)  # fmt: skip
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        PLAIN | st.sampled_from(["client", "server", "both", "pings", "free", "ping ${id}"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=6,
)


def told_of(document: dict[str, object]) -> str:
    """What is said of a document that is none of a dialect, or a ping of the dialect."""
    try:
        return read_document(document).say_ping(1).replace("\n", " ")
    except DialectError as error:
        return str(error)


@given(DOCUMENTS, st.booleans())
def test_whatever_a_file_says_it_is_read_or_refused(
    drawn: dict[str, object], is_based: bool
) -> None:
    based = {
        "dialect": 1,
        "name": "ours",
        "ping": {"by": "client", "text": "ping"},
        "pong": {"text": "pong"},
    }
    assert told_of({**based, **drawn} if is_based else drawn).count("\n") == 0


@given(st.data())
def test_a_file_with_one_character_changed_is_read_or_refused(data: st.DataObject) -> None:
    text = text_of("wsbeat").replace('"wsbeat"', '"ours"')
    place = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from(['"', "'", "[", "]", "=", "0", "x", "$", "{", "}", "\n", ""]))
    import tomllib

    try:
        document = tomllib.loads(text[:place] + put + text[place + 1 :])
    except tomllib.TOMLDecodeError:
        return
    assert told_of(document).count("\n") == 0
