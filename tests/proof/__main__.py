"""`python -m tests.proof attacks | runs | many | alike | page`: measure a part, or make its page.

Every part writes its figures into docs/proof.json, from which `page` makes docs/proof.md. Others
are written by `python -m tests.mutants.table`, `make mutation` and `make bench`.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict

from tests.proof import alike, attacks, page, runs, side_by_side
from tests.proof.figures import measured, record
from tests.proof.load import cores


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return 1 when a compliant peer was blamed."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    attacking = parts.add_parser("attacks", help="judge compliant traces of the models")
    attacking.add_argument("--traces", type=int, default=20_000, help="of each role (%(default)s)")
    running = parts.add_parser("runs", help="check compliant peers, many times in a row")
    running.add_argument("--idle", type=int, default=30, help="runs without load (%(default)s)")
    running.add_argument("--busy", type=int, default=20, help="beside busy loops (%(default)s)")
    running.add_argument(
        "--loops", type=int, default=1, help="busy loops for each processor (%(default)s)"
    )
    running.add_argument(
        "--only", choices=runs.COMPLIANT, action="append", help="instead of all of them"
    )
    same = parts.add_parser(
        "alike", help="check a peer in virtual time, many times in a row, and compare the reports"
    )
    same.add_argument("--idle", type=int, default=150, help="runs without load (%(default)s)")
    same.add_argument("--busy", type=int, default=50, help="beside busy loops (%(default)s)")
    same.add_argument("--loops", type=int, default=4, help="busy loops (%(default)s)")
    same.add_argument(
        "--only", choices=alike.PEERS, action="append", help="instead of both references"
    )
    same.add_argument(
        "--on",
        metavar="'server asgi:MODULE:APP/PATH OPTION ...'",
        help="another peer, with the arguments of wsbeat; nothing is recorded of it",
    )
    many = parts.add_parser("many", help="check compliant peers, several at a time")
    many.add_argument("--count", type=int, default=100, help="runs on each (%(default)s)")
    many.add_argument("--at-once", type=int, default=6, help="side by side (%(default)s)")
    many.add_argument(
        "--loops", type=int, default=4, help="busy loops for each processor (%(default)s)"
    )
    many.add_argument("--examples", type=int, default=10, help="that each run draws (%(default)s)")
    many.add_argument("--role", choices=("server", "client"), help="instead of both")
    many.add_argument("--only", choices=runs.COMPLIANT, action="append", help="instead of all")
    many.add_argument("--record", action="store_true", help="write what came of it for the page")
    many.add_argument(
        "--add",
        action="store_true",
        help="to what is recorded of as many at once beside as many loops: hundreds take hours",
    )
    parts.add_parser("page", help="make docs/proof.md")
    given = parser.parse_args(arguments)
    if given.part == "page":
        page.PAGE.write_text(page.made(), "utf-8")
        return 0
    if given.part == "attacks":
        return _attack(given.traces)
    if given.part == "alike":
        if given.on:
            return _alike("", shlex.split(given.on), given.idle, given.busy, given.loops)
        chosen = {name: alike.PEERS[name] for name in given.only or alike.PEERS}
        return max(
            _alike(name, arguments, given.idle, given.busy, given.loops)
            for name, arguments in chosen.items()
        )
    if given.part == "many":
        return _run_many(given)
    names = given.only or runs.COMPLIANT
    return max(_run(name, given.idle, given.busy, given.loops) for name in names)


def _attack(traces: int) -> int:
    found = {"server": attacks.on_servers(traces), "client": attacks.on_clients(traces)}
    record(
        "attacks",
        f"python -m tests.proof attacks --traces {traces}",
        {role: asdict(attack) for role, attack in found.items()},
    )
    for role, attack in found.items():
        print(f"{role}: {attack}")
    return int(any(attack.blamed for attack in found.values()))


def _alike(name: str, arguments: Sequence[str], idle: int, busy: int, loops: int) -> int:
    found = alike.on(arguments, idle, busy, loops)
    told = name or shlex.join(arguments)
    print(f"{told}: {found.reports} different reports of {found.runs} runs, {busy} of them busy")
    if found.first:
        print(found.first, flush=True)
    if name:
        record(
            f"alike: {name}",
            f"python -m tests.proof alike --only '{name}' --idle {idle} --busy {busy}"
            f" --loops {loops}",
            {"runs": found.runs, "busy": busy, "loops": loops, "reports": found.reports},
        )
    return int(found.reports > 1)


def _run_many(given: argparse.Namespace) -> int:
    loops = given.loops * cores()
    names = side_by_side.chosen(given.role, given.only or ())
    section = f"many: {given.role or 'both roles'}"
    earlier = measured().get(section, {}) if given.add else {}
    # Before hours of runs, that they can be added: it raises where they cannot.
    side_by_side.added(earlier, {}, loops, given.at_once)
    many = side_by_side.Many(names, given.count, given.at_once, loops, given.examples)
    for line in many.go():
        print(line, flush=True)
    tallies = many.tallies()
    print(*side_by_side.table(tallies), sep="\n")
    violated = any(each.violations for each in tallies.values())
    if violated:
        print(side_by_side.where())
    if given.record or given.add:
        role = f" --role {given.role}" if given.role else ""
        record(
            section,
            f"python -m tests.proof many{role} --count {given.count} --at-once {given.at_once} "
            f"--loops {given.loops} --examples {given.examples} --{'add' if earlier else 'record'}",
            side_by_side.added(earlier, tallies, loops, given.at_once),
        )
    return int(violated or bool(many.failures))


def _run(name: str, idle: int, busy: int, each: int) -> int:
    loops = each * cores()
    alone, beside = runs.on(name, idle), runs.on(name, busy, loops)
    record(
        f"runs: {name}",
        f"python -m tests.proof runs --only '{name}' --idle {idle} --busy {busy} --loops {each}",
        {"idle": asdict(alone), "busy": asdict(beside), "loops": loops},
    )
    print(f"{name}: idle {alone}, beside {loops} busy loops {beside}", flush=True)
    return int(bool(alone.violations or beside.violations or alone.unsettled))


if __name__ == "__main__":
    sys.exit(main())
