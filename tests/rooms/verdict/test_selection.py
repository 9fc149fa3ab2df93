"""Which requirements a run is about, which scenarios it takes, and that rules and text agree."""

from __future__ import annotations

import json

import pytest

import spec
from conformance.rules import rules
from conformance.scenarios import client_scenarios, scenarios, server_scenarios
from conformance.targets.options import Options
from conformance.trace.trace import Capabilities, Role
from conformance.verdict.selection import Selection, UsageError, scenarios_for, select
from tests.corpus.files import expected_of, recorded

CHECKED = [rule.requirement for rule in rules("server") if rule.requirement.startswith("S-")]
CORE = Capabilities()
PLAN_B = Capabilities(server_ping=True)


def chosen(*globs: str, exclude: tuple[str, ...] = (), told: Capabilities = CORE) -> Selection:
    return select("server", Options(select=globs, exclude=exclude), told, rules("server"))


def examined(selection: Selection) -> set[str]:
    return {requirement.id for requirement in selection.examined}


def test_without_a_glob_all_that_is_checked_is_chosen() -> None:
    assert set(CHECKED) <= examined(chosen())
    bound = [each.id for each in spec.requirements() if each.roles & {"server", "deployment"}]
    assert [each.id for each in chosen().requirements] == bound


def test_globs_choose_and_exclude() -> None:
    assert examined(chosen("S-PONG")) == {"S-PONG"}
    assert examined(chosen("S-PONG", "S-ECHO")) == {"S-PONG", "S-ECHO"}
    assert examined(chosen("S-PONG*")) == {"S-PONG", "S-PONG-FORM"}
    assert examined(chosen("S-PONG*", exclude=("*-FORM",))) == {"S-PONG"}
    selection = chosen(exclude=("S-TIMEOUT-*",))
    assert selection.set_aside["S-TIMEOUT-CODE"] == ("excluded", None)
    assert not any(name.startswith("S-TIMEOUT") for name in examined(selection))


@pytest.mark.parametrize("glob", ["S-PNOG", "s-pong", "S-Pong"])
def test_a_typing_error_gets_a_suggestion(glob: str) -> None:
    with pytest.raises(UsageError, match=rf"{glob} matches no requirement.* S-PONG\?"):
        chosen(glob)
    with pytest.raises(UsageError, match=glob):
        chosen(exclude=(glob,))


@pytest.mark.parametrize("glob", ["", "zzzzzzzz", "C-PING-FORM", "[", "S-PONG "])
def test_a_glob_that_matches_nothing_is_an_error(glob: str) -> None:
    with pytest.raises(UsageError, match="matches no requirement on a server"):
        chosen(glob)


def test_nothing_left_to_check_is_an_error() -> None:
    with pytest.raises(UsageError, match="No requirement is left"):
        chosen("S-PONG", exclude=("S-*",))
    with pytest.raises(UsageError, match="No requirement is left"):
        chosen("S-ECHO*", told=Capabilities(echo=False))


def test_what_needs_a_capability_is_not_applicable_without_it() -> None:
    selection = chosen(told=Capabilities(echo=False))
    for name in ("S-ECHO", "S-ECHO-DATA", "S-ECHO-FORM"):
        verdict, why = selection.set_aside[name]
        assert verdict == "not_applicable"
        assert why is not None
        assert "echo" in why


def test_every_requirement_on_the_role_gets_its_place_once() -> None:
    for told in (CORE, Capabilities(echo=False), Capabilities(inbound_liveness=True)):
        selection = chosen(told=told)
        assert examined(selection).isdisjoint(selection.set_aside)
        every = {requirement.id for requirement in selection.requirements}
        assert examined(selection) | selection.set_aside.keys() == every


@pytest.mark.parametrize("name", CHECKED)
def test_a_single_requirement_has_scenarios_that_exercise_it(name: str) -> None:
    found = scenarios_for(chosen(name), server_scenarios())
    assert {each for each in server_scenarios() if name in each.exercises} <= {*found}


@pytest.mark.parametrize("name", CHECKED)
def test_of_a_server_everything_is_looked_at_that_may_show_a_requirement(name: str) -> None:
    """A failure of a whole run is one with --select, too: in whatever scenario it was seen."""
    whole = {each.name for each in scenarios_for(chosen(), server_scenarios())}
    found = {each.name for each in scenarios_for(chosen(name), server_scenarios())}
    alone = {"S-GOING-AWAY": {"asks_the_server_to_end"},
             "S-MONOTONIC": {"sets_the_wall_clock_of_the_server"}}  # fmt: skip
    assert found == alone.get(name, whole)


def test_what_is_excluded_is_not_tried_for_another_requirement() -> None:
    """Who spares a server what is rough does so whatever else is looked at."""
    rough = ("S-SIZE", "S-NO-QUEUE", "S-SURVIVE")
    selection = chosen("S-PONG", exclude=rough)
    found = {each.name for each in scenarios_for(selection, server_scenarios())}
    assert "connects_and_pings" in found
    assert found.isdisjoint(
        ["sends_a_text_beyond_the_limit", "falls_silent_beside_peers_that_read_nothing",
         "resets_connections_alone_and_in_a_crowd"]
    )  # fmt: skip


@pytest.mark.parametrize("told", [CORE, PLAN_B], ids=["core", "Plan B"])
def test_all_requirements_take_all_scenarios_that_may_show_any(told: Capabilities) -> None:
    mine = {
        scenario.name
        for scenario in server_scenarios()
        if set(scenario.exercises) & examined(chosen(told=told))
    }
    taken = {each.name for each in scenarios_for(chosen(told=told), server_scenarios())}
    assert taken == mine
    assert ("answers_every_ping" in taken) == told.server_ping
    assert ("pings_in_a_quick_series_and_falls_silent" in taken) != told.server_ping


def for_client(*globs: str, told: Capabilities = CORE) -> set[str]:
    selection = select("client", Options(select=globs), told, rules("client"))
    return {each.name for each in scenarios_for(selection, client_scenarios())}


def for_server(*globs: str) -> set[str]:
    return {each.name for each in scenarios_for(chosen(*globs), server_scenarios())}


def test_of_a_client_everything_is_looked_at_that_may_show_a_requirement() -> None:
    """A failure of a whole run is one with --select, too: in whatever scenario it was seen."""
    whole = for_client()
    for rule in rules("client"):
        if rule.requirement.startswith("B-"):
            continue
        found = for_client(rule.requirement)
        if rule.requirement == "C-TLS-VERIFY":
            assert found == {each.name for each in client_scenarios() if each.certificate}
        elif rule.requirement.startswith("C-CLOSE"):
            assert found == {each.name for each in client_scenarios() if each.asks}
        else:
            assert found >= whole
    assert for_client("B-CLIENT-PONG", told=PLAN_B) >= for_client(told=PLAN_B)


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("client", "C-TLS-VERIFY"),
        ("client", "C-CLOSE-FINAL"),
        ("client", "C-CLOSE-ON-EXIT"),
        *(("server", name) for name in ("S-PONG", "S-ORDER", "S-TIMEOUT-CODE", "S-QUIET")),
    ],
)
def test_what_is_not_looked_at_for_a_requirement_never_showed_it(role: Role, name: str) -> None:
    """In none of the traces that are kept."""
    looked_at, known = (
        (for_client(name), for_client()) if role == "client" else (for_server(name), for_server())
    )
    shown, scenario = set(), ""
    for path in recorded():
        for line in expected_of(path) if path.parent.name == role else ():
            said = json.loads(line)
            scenario = said.get("scenario", scenario)
            if said.get("requirement") == name:
                shown.add(scenario)
    assert shown & known
    assert shown & known <= looked_at


def test_under_plan_b_its_requirements_take_the_place_of_the_clock() -> None:
    instead, core = chosen(told=PLAN_B), chosen()
    plan_b = {"B-SERVER-PING", "B-NO-LOOP", "B-TIMEOUT"}
    assert examined(instead) - examined(core) == plan_b
    replaced = examined(core) - examined(instead)
    assert replaced >= {"S-CLOCK-START", "S-REFRESH", "S-ONLY-PINGS", "S-TIMEOUT-CODE"}
    assert {instead.set_aside[name] for name in replaced} == {
        (
            "not_applicable",
            "The target declares the capability server_ping: "
            "B-SERVER-PING and B-TIMEOUT take its place.",
        )
    }
    verdict, why = core.set_aside["B-TIMEOUT"]
    assert (verdict, why) == (
        "not_applicable",
        "The target does not declare the capability server_ping.",
    )


def test_every_rule_is_about_a_requirement_that_the_text_states() -> None:
    known = {requirement.id for requirement in spec.requirements()}
    assert {rule.requirement for rule in rules()} <= known
    assert len({(rule.requirement, rule.role) for rule in rules()}) == len(rules())


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.requirement)
def test_a_rule_says_how_it_judges(rule: object) -> None:
    how = getattr(rule, "how", "")
    assert how.splitlines()[0].endswith(".")


def test_rules_stand_in_the_order_of_the_text() -> None:
    order = [requirement.id for requirement in spec.requirements()]
    found = [order.index(rule.requirement) for rule in rules()]
    assert found == sorted(found)


def test_scenarios_name_requirements_that_exist_and_have_rules() -> None:
    checked = {rule.requirement for rule in rules()}
    for scenario in scenarios():
        assert scenario.exercises, scenario.name
        assert set(scenario.exercises) <= checked, scenario.name


def test_the_names_of_scenarios_are_unique_and_described() -> None:
    names = [scenario.name for scenario in scenarios()]
    assert len(set(names)) == len(names)
    assert all(scenario.doc.splitlines()[0].endswith(".") for scenario in scenarios())
