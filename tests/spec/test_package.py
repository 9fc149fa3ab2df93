"""What the package offers: public names, little to load, and the same from an archive."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import spec


def test_an_unknown_requirement_is_suggested() -> None:
    with pytest.raises(spec.UnknownRequirement) as caught:
        spec.requirement("s-timeout-earlyest")
    assert str(caught.value) == (
        'no requirement is called "s-timeout-earlyest"; did you mean "S-TIMEOUT-EARLIEST"?'
    )
    assert isinstance(caught.value, KeyError)


def fresh_python(program: str, path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_it_loads_nothing_else() -> None:
    program = (
        "import sys; before = set(sys.modules); import spec; "
        "print(*sorted(m for m in set(sys.modules) - before if not m.startswith('importlib')))"
    )
    loaded = fresh_python(program, Path(spec.__file__).parents[1]).split()
    assert {"spec"} <= set(loaded) <= {"spec", "warnings"}


def test_reading_the_contract_does_not_load_jsonschema() -> None:
    program = (
        "import sys, spec; spec.requirements(), spec.vectors(), spec.exchanges(); "
        "spec.load_timing('fast'); print('jsonschema' in sys.modules)"
    )
    assert fresh_python(program, Path(spec.__file__).parents[1]).strip() == "False"


def test_it_can_be_read_from_an_archive(tmp_path: Path) -> None:
    home = Path(spec.__file__).parent
    with zipfile.ZipFile(tmp_path / "spec.zip", "w") as archive:
        for file in home.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, Path("spec") / file.relative_to(home))
    program = (
        "import spec; print(spec.__file__, spec.version(), len(spec.requirements()), "
        "len(spec.vectors()), len(spec.exchanges()), len(spec.schema_names()), "
        "spec.load_timing('fast').name, spec.validate('pong', {'type': 'pong'}))"
    )
    where, *counts = fresh_python(program, tmp_path / "spec.zip").split()
    assert where.startswith(str(tmp_path))
    assert counts == [
        spec.version(),
        str(len(spec.requirements())),
        str(len(spec.vectors())),
        str(len(spec.exchanges())),
        str(len(spec.schema_names())),
        "fast",
        "[]",
    ]


@pytest.mark.parametrize("name", dir(spec))
def test_every_public_name_leads_somewhere(name: str) -> None:
    assert getattr(spec, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="requirments"):
        spec.requirments  # noqa: B018
