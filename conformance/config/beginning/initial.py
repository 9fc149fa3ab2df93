"""The files that a gate begins with: a `wsbeat.toml`, and a job for CI."""

from __future__ import annotations

from pathlib import Path

from conformance.config.beginning.project import Service, quoted
from conformance.config.file import NAME

KNOWN = "known-failing.toml"

TOML = """\
# What wsbeat checks: `wsbeat server` in this folder.
{target}
timing = "production"  # or "fast" (0.6, 1.4 and 0.6 s for 30, 70 and 30), once the server can do it
# known_failing = "{known}"  # `wsbeat server --known-failing {known} --update-known-failing`

# [capabilities]
# echo = false  # unless business messages are answered with echoes
"""

CHECK = (
    "wsbeat server --junit wsbeat.xml --html wsbeat.html --badge badge.json --traces wsbeat-traces"
)

GITHUB = """\
name: heartbeat
on: [push, pull_request]
jobs:
  wsbeat:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
{steps}      - run: pip install wsbeat  # it is in no index yet: name a clone or a wheel here
      - name: Check the heartbeat
        run: {check} --markdown "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: wsbeat
          path: |
            wsbeat*
            badge.json
"""

GITLAB = """\
heartbeat:
  image: python:3.13
  script:
{steps}    - pip install wsbeat  # it is in no index yet: name a clone or a wheel here
    - {check}
  artifacts:
    when: always
    paths: [wsbeat.xml, wsbeat.html, badge.json, wsbeat-traces]
    reports:
      junit: wsbeat.xml
"""


def toml(url: str | None, command: str | None) -> str:
    """A `wsbeat.toml` for a server at a URL, or one that wsbeat starts with a command."""
    keys = (("url", url), ("command", command))
    target = "\n".join(f"{key} = {quoted(value)}" for key, value in keys if value is not None)
    return TOML.format(target=target, known=KNOWN)


def job(service: Service, install: str | None) -> str:
    """A job that checks with this `wsbeat.toml`, after what the project needs was installed."""
    if service == "github":
        steps = f"      - run: {install}\n" if install else ""
        return GITHUB.format(steps=steps, check=CHECK)
    return GITLAB.format(steps=f"    - {install}\n" if install else "", check=CHECK)


def place_of_job(service: Service, folder: Path) -> Path:
    """Where the job belongs; beside a `.gitlab-ci.yml` that is there, in a file to be included."""
    if service == "github":
        return folder / ".github" / "workflows" / "heartbeat.yml"
    main = folder / ".gitlab-ci.yml"
    return folder / "heartbeat.gitlab-ci.yml" if main.exists() else main


def place_of_toml(folder: Path) -> Path:
    return folder / NAME
