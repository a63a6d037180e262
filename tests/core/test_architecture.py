"""The house rules that no other tool checks."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import imu_valgus

PACKAGE = Path(imu_valgus.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 500
"""More wants to be two modules."""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_short_and_say_what_they_are_for(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert ast.get_docstring(ast.parse(text)), "a module begins with a sentence"


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in result.stdout.split()}


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = modules_after("import imu_valgus")
    assert not loaded & {"numpy", "scipy", "pandas", "matplotlib", "bleak", "bumble", "jinja2"}


def test_analysing_needs_no_radio_no_drawing_and_no_web() -> None:
    loaded = modules_after("from imu_valgus import analyse, read_session, demo_session")
    assert not loaded & {"bleak", "bumble", "matplotlib", "jinja2", "typer"}


def test_the_command_starts_without_the_heavy_parts() -> None:
    loaded = modules_after("import imu_valgus.cli.main")
    assert not loaded & {"pandas", "matplotlib", "bleak", "bumble", "jinja2", "pyarrow", "vqf"}


def test_public_names_are_sorted_and_all_there() -> None:
    assert list(imu_valgus.__all__) == sorted(imu_valgus.__all__, key=_sort_key)
    for name in imu_valgus.__all__:
        assert getattr(imu_valgus, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = imu_valgus.nonsense  # type: ignore[attr-defined]


def _sort_key(name: str) -> tuple[int, str]:
    """Sort as ruff does: classes, then dunders and functions."""
    return (0 if name[0].isupper() else 1, name)
