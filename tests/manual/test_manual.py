"""What the manual says of options, files and code is so, and its links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

import pytest_wsbeat
import spec
from conformance.cli import cli
from conformance.cli.app import COMMANDS, command_named
from conformance.config import server as config
from conformance.config.client import ClientGiven, completed, requested_client
from conformance.config.known_failing import read_known_failing
from conformance.scenarios import scenarios
from conformance.verdict.result import ExitCode
from conformance.wire.quota import APPLICATION_ANSWER, FREELY, KIBIBYTE
from tests.peers.process import running
from tests.references.client_js.node import node, package

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MANUAL = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md"))
GUIDES = {"server": "check-a-server", "client": "check-a-client"}
ELSEWHERE = {"--backlog", "--ulimit", "--nthreads",
             "--port", "--quiet", "--yes", "--ping-every", "--pong-timeout", "--retry",
             "--junitxml", "--tag", "--rm", "--network",
             "--bundle", "--outfile", "--no-save"}  # fmt: skip
"""Options of other programs in examples."""
MEASURING = {"--only", "--idle", "--busy", "--loops", "--record", "--add", "--production",
             "--share", "--role", "--count", "--at-once"}  # fmt: skip
"""Options of the programs that measure what the page of the proof tells."""
ECHO = "{'type': 'echo', 'data': {'order': 17}}"
WITHIN = 60.0


def text(name: str) -> str:
    return (DOCS / f"{name}.md").read_text("utf-8")


def block(name: str, mark: str) -> str:
    """The one block of a guide that stands below a mark."""
    (found,) = re.findall(rf"<!-- {mark} -->\n```\w+\n(.*?)\n```", text(name), re.S)
    assert isinstance(found, str)
    return found


def options(command: str) -> set[str]:
    """The long options of a command, `--help` left out."""
    return {
        option
        for parameter in command_named(command).params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }


def mentioned(words: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.sub(r"<!--.*?-->", "", words)))


@pytest.mark.parametrize("command", GUIDES)
def test_every_option_is_in_its_guide(command: str) -> None:
    assert options(command) - mentioned(text(GUIDES[command])) == set()


@pytest.mark.parametrize("path", MANUAL, ids=lambda path: path.name)
def test_every_option_that_is_mentioned_exists(path: Path) -> None:
    class Parser:
        def getgroup(self, *_: str) -> Parser:
            return self

        def addoption(self, name: str, **_: Any) -> None:
            known.add(name)

    known = set().union(*map(options, COMMANDS), {"--version", "--help"}, ELSEWHERE, MEASURING)
    pytest_wsbeat.pytest_addoption(Parser())  # type: ignore[arg-type]
    assert mentioned(path.read_text("utf-8")) - known == set()


def _commands() -> Iterator[str]:
    for path in MANUAL:
        yield from re.findall(r"^    wsbeat (.+?)(?:  #.*)?$", path.read_text("utf-8"), re.M)


@pytest.mark.parametrize("line", sorted(set(_commands())))
def test_a_command_that_is_shown_can_be_given(line: str) -> None:
    name, *words = shlex.split(line)
    # A command remembers the names of its help option from the first context that it is given.
    parent = click.Context(cli, **cli.context_settings)
    command_named(name).make_context(name, words, parent=parent).close()


def test_the_readme_lists_the_commands() -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("<!-- commands -->\n")[2]
    rows = table.partition("\n\n")[0]
    assert re.findall(r"^\| `wsbeat (\w+)", rows, re.M) == list(COMMANDS)


@pytest.mark.parametrize("path", [ROOT / "README.md", DOCS / "gate-ci.md"], ids=["readme", "ci"])
def test_the_exit_codes_are_those_there_are(path: Path) -> None:
    rows = dict(re.findall(r"^\| (\d) \| (\w+)", path.read_text("utf-8"), re.M))
    assert list(map(int, rows)) == list(ExitCode)
    assert (rows["0"], rows["3"]) == ("conformant", "incomplete")


@pytest.mark.parametrize("path", MANUAL, ids=lambda path: path.name)
def test_every_requirement_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"\b[SCBD]-[A-Z]+(?:-[A-Z]+)*\b(?!-\*)", path.read_text("utf-8")))
    known = {each.id for each in spec.requirements()} | {"S-NAME", "C-NAME"}
    assert named - known == set()


@pytest.mark.parametrize("path", MANUAL, ids=lambda path: path.name)
def test_what_is_said_to_fail_is_a_must(path: Path) -> None:
    """A SHOULD that is violated is warned of."""
    prose = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S)
    said = re.findall(r"\bfails?\s+with\s+[^.:]*", prose)
    named = {id for each in said for id in re.findall(r"\b[SCBD]-[A-Z]+(?:-[A-Z]+)*\b", each)}
    assert {id for id in named if spec.requirement(id).level != "MUST"} == set()


def _anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S),
                       re.M)  # fmt: skip
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def _links() -> Iterator[tuple[Path, str]]:
    for path in MANUAL:
        for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
            if "://" not in link:
                yield path, link


@pytest.mark.parametrize(("path", "link"), list(_links()), ids=str)
def test_a_link_leads_somewhere(path: Path, link: str) -> None:
    file, _, anchor = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    assert target.exists()
    assert not anchor or anchor in _anchors(target)


def test_every_guide_is_found_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [path.name for path in DOCS.glob("*.md") if f"(docs/{path.name})" not in readme] == []


def test_the_configuration_is_valid_and_has_every_key(tmp_path: Path) -> None:
    file = tmp_path / "wsbeat.toml"
    file.write_text(block("check-a-server", "config"), "utf-8")
    (tmp_path / "known-failing.toml").write_text("", "utf-8")
    target, asked = config.requested(config.Given(), str(file))
    assert (target.max_message, target.rate, asked.examples) == (1048576, 5, 500)
    schema = json.loads((ROOT / "spec/schemas/target.schema.json").read_text("utf-8"))
    shown = tomllib.loads(file.read_text("utf-8").replace("# command", "command"))
    client = tmp_path / "client.toml"
    node = block("check-a-client", "config").replace(
        "node client.js", f"{sys.executable} client.py"
    )
    client.write_text(node, "utf-8")
    (tmp_path / "ticket.json").write_text("{}", "utf-8")
    _, of_client = requested_client(completed(ClientGiven(), str(client)))
    assert of_client.examples == 500
    told = tomllib.loads(node.replace("# command", "command")).keys() | {"page", "listen"}
    assert set(shown) | told == set(schema["properties"])
    assert set(shown["capabilities"]) == set(schema["properties"]["capabilities"]["properties"])


def test_the_list_of_known_failures_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "known-failing.toml"
    file.write_text(block("gate-ci", "known failing"), "utf-8")
    [entry] = read_known_failing(str(file), today=date(2027, 3, 31))
    assert entry.holds
    assert entry.covers(
        "talks_business_after_its_last_ping",
        "Traffic that is no ping kept a connection open: business messages.",
    )
    assert None not in (entry.scenario, entry.message)


def test_the_timing_file_works(tmp_path: Path) -> None:
    file = tmp_path / "ours.json"
    file.write_text(block("check-a-server", "timing"), "utf-8")
    assert spec.load_timing(file).name == "ours"


@pytest.mark.parametrize("name", ["production", "fast"])
def test_the_table_has_the_numbers_of_the_timing(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}`.*$", text("check-a-server"), re.M)
    timing = spec.load_timing(name)
    numbers = (timing.heartbeat_interval, timing.heartbeat_timeout, timing.check_interval)
    assert [float(each) for each in re.findall(r"\| ([\d.]+) s(?= \|)", row)][:3] == list(numbers)


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_what_ci_runs_is_a_command_of_wsbeat(service: str) -> None:
    document = yaml.safe_load(block("gate-ci", service))
    jobs = document["jobs"] if service == "github" else document
    (job,) = jobs.values()
    lines = [step.get("run", "") for step in job["steps"]] if service == "github" else job["script"]
    (line,) = [line for line in lines if line.startswith("wsbeat ")]
    assert mentioned(line) <= options("server") | {"--port"}
    assert "--junit wsbeat.xml" in line


def _program(command: list[str], url: str, **environ: str) -> str:
    ran = subprocess.run(
        [*command, url],
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
        env={**os.environ, **environ},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_the_python_example_prints_the_echo(tmp_path: Path) -> None:
    program = tmp_path / "example.py"
    program.write_text(block("check-a-client", "example: python"), "utf-8")
    with running("reference_server", "--port", "0") as server:
        assert _program([sys.executable, str(program)], server.url) == ECHO
    assert ECHO in text("check-a-client")


def test_the_javascript_example_prints_the_echo(tmp_path: Path) -> None:
    found = node()
    modules = package("ws").parent
    for name in ("heartbeat-client.js", "heartbeat-timing.js"):
        (tmp_path / name).write_text((ROOT / "reference_client" / name).read_text("utf-8"))
    (tmp_path / "node_modules").symlink_to(modules)
    program = tmp_path / "example.mjs"
    source = block("check-a-client", "example: javascript")
    # What the text below the example says of Node 20.
    source = 'import WebSocket from "ws";\n' + source.replace(
        "(process.argv[2])", "(process.argv[2], { WebSocket })"
    )
    (tmp_path / "package.json").write_text('{"type": "module"}')
    program.write_text(source, "utf-8")
    with running("reference_server", "--port", "0") as server:
        printed = _program([found, str(program)], server.url)
    assert json.loads(printed) == {"type": "echo", "data": {"order": 17}}


def test_how_much_of_an_application_is_taken_in_is_what_the_manual_says() -> None:
    manual = " ".join((DOCS / "check-a-server.md").read_text("utf-8").split())
    connection, message = FREELY // (1024 * KIBIBYTE), APPLICATION_ANSWER // KIBIBYTE
    assert f"{connection} MiB on each connection and {message} KiB more for each" in manual


def test_the_architecture_names_every_room_and_only_files_that_are_there() -> None:
    page = text("architecture")
    rooms = set(re.findall(r"^\| `(\w+)/`", page, re.M)) - {"spec"}
    assert rooms == {
        each.name for each in (ROOT / "conformance").iterdir() if (each / "__init__.py").is_file()
    }
    named = set(re.findall(r"`([a-z_/]+\.py)`", page))
    assert len(named) > 10
    assert {name for name in named if not (ROOT / "conformance" / name).is_file()} == set()
    scenario = re.search(r"The scenario `(\w+)`", page)
    assert scenario is not None
    assert scenario[1] in {each.name for each in scenarios()}


def test_the_glossary_can_be_taken_in() -> None:
    terms = re.findall(r"^\| ([a-z]+) \|", text("glossary"), re.M)[1:]
    assert terms == sorted(terms)
    assert len(terms) <= 25
