"""``heartbeat-client.d.ts`` takes what users may write, and refuses what they may not."""

import subprocess
from pathlib import Path

from tests.references.client_js.node import node, package

HERE = Path(__file__).parent
STRICT = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext"]
OPTIONS = [*STRICT, "--lib", "es2022,dom", "--types", ""]


def test_they_compile_in_strict_mode() -> None:
    compiler = str(package("typescript") / "bin" / "tsc")
    command = [node(), compiler, *OPTIONS, str(HERE / "usage.ts")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_is_wrong_does_not_compile(tmp_path: Path) -> None:
    """The other test cannot fail where the compiler does not find the declarations."""
    compiler = str(package("typescript") / "bin" / "tsc")
    wrong = tmp_path / "wrong.ts"
    usage = (HERE / "usage.ts").read_text("utf-8").replace("// @ts-expect-error", "// wrong")
    client = HERE.parents[2] / "reference_client" / "heartbeat-client.js"
    wrong.write_text(usage.replace("../../../reference_client/heartbeat-client.js", str(client)))
    command = [node(), compiler, *OPTIONS, str(wrong)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode != 0
    assert run.stdout.count("error TS") == usage.count("// wrong")
