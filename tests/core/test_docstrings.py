"""Public functions and dataclasses document what they take and what they return."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import imu_valgus

PACKAGE = Path(imu_valgus.__file__).parent
PARTS = sorted(
    path.name
    for path in PACKAGE.iterdir()
    if path.suffix == ".py" or (path / "__init__.py").exists()
)
"""Packages and modules directly below the root."""

COMMAND = re.compile(r"register|main|run|\w+_command")
"""Functions of the command line whose parameters are documented as options."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.mark.parametrize("part", PARTS)
def test_public_functions_and_dataclasses_have_full_docstrings(part: str) -> None:
    lacking = [
        f"{module.relative_to(PACKAGE)}: {name} lacks {', '.join(sections)}"
        for module in modules_of(PACKAGE / part)
        for name, sections in incomplete(module.read_text(encoding="utf-8"), cli=part == "cli")
    ]
    if lacking:
        pytest.fail("\n".join(lacking), pytrace=False)


def modules_of(part: Path) -> list[Path]:
    """List the public modules of a package, or the one module that it is."""
    modules = sorted(part.rglob("*.py")) if part.is_dir() else [part]
    return [
        module
        for module in modules
        if not any(is_private(name) for name in module.relative_to(PACKAGE).with_suffix("").parts)
    ]


def incomplete(source: str, *, cli: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each function or dataclass, and the sections that it lacks."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            needed = ["Parameters|Attributes"] if is_dataclass(node) and has_fields(node) else []
        elif isinstance(node, Function) and not (cli and COMMAND.fullmatch(node.name)):
            needed = sections_of(node)
        else:
            continue
        docstring = ast.get_docstring(node) or ""
        sections = [name for name in needed if not re.search(rf"(?m)^({name})\n-", docstring)]
        if sections and not is_private(node.name):
            yield node.name, [section.replace("|", " or ") for section in sections]


def sections_of(function: Function) -> list[str]:
    """List the sections that a function needs."""
    if any("overload" in ast.unparse(decorator) for decorator in function.decorator_list):
        return []
    given = function.args
    takes = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    returns = ast.unparse(function.returns) if function.returns else "None"
    return ["Parameters"] * any(takes) + ["Returns|Yields"] * (
        returns not in {"None", "NoReturn", "Never"}
    )


def is_dataclass(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)


def has_fields(node: ast.ClassDef) -> bool:
    return any(
        isinstance(item, ast.AnnAssign)
        and not is_private(ast.unparse(item.target))
        and "ClassVar" not in ast.unparse(item.annotation)
        for item in node.body
    )


def is_private(name: str) -> bool:
    return name.startswith("_") and name != "__init__"


@pytest.mark.parametrize(
    ("source", "lacks"),
    [
        ("def f(x: int) -> int:\n    '''Parameters count, Returns too.'''", 2),
        ("def f(*x: int) -> None:\n    '''Print.'''", 1),
        ("def f() -> None:\n    '''Do.'''", 0),
        ("def f() -> int:\n    '''Count.\n\n    Returns\n    -------\n    int\n    '''", 0),
        ("def _f(x: int) -> int: ...", 0),
        ("def show_command(x: int) -> int: ...", 0),
        ("@dataclass\nclass C:\n    '''A class.'''\n    x: int", 1),
        ("class C:\n    '''A class.'''\n    def f(self, x: int) -> int: ...", 0),
    ],
)
def test_what_is_lacking_is_found(source: str, lacks: int) -> None:
    assert sum(len(sections) for _, sections in incomplete(source, cli=True)) == lacks
