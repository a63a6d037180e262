"""The worked examples run from a fresh kernel, draw something, and say what may be said."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_CELLS = 13
MOST_BYTES = 1_500_000
PNG_START = "iVBORw0KGgo"
LONG = {"03_knee_angles_and_uncertainty", "04_step_up_score", "06_drift_becomes_valgus"}
"""Run for ten seconds or more each; CI runs them in a step of their own."""

# On Windows pyzmq warns about the event loop that Python starts there; it then helps itself.
pytestmark = pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")


@pytest.fixture(scope="module", autouse=True)
def fonts() -> None:
    """Have matplotlib's list of fonts ready: a kernel that has to make it says so in red."""
    import matplotlib.font_manager  # noqa: F401


def _read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def _code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def _pictures(notebook: nbformat.NotebookNode) -> list[str]:
    outputs = [output for cell in _code_cells(notebook) for output in cell.get("outputs", [])]
    return [data["image/png"] for one in outputs if "image/png" in (data := one.get("data", {}))]


def _warnings_shown(notebook: nbformat.NotebookNode) -> list[str]:
    """Whatever a cell wrote to its error stream; people would see it in red."""
    outputs = [output for cell in _code_cells(notebook) for output in cell.get("outputs", [])]
    return [one["text"] for one in outputs if one.get("name") == "stderr"]


def _executed(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    for cell in _code_cells(notebook):
        cell["outputs"], cell["execution_count"] = [], None
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()


def test_there_are_the_six_notebooks_that_the_table_names() -> None:
    named = re.findall(r"\]\((\d\d_\w+\.ipynb)\)", (FOLDER / "README.md").read_text("utf-8"))
    assert [path.name for path in NOTEBOOKS] == named
    assert len(NOTEBOOKS) == 6


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.slow if path.stem in LONG else (), id=path.stem)
        for path in NOTEBOOKS
    ],
)
def test_a_notebook_runs_from_a_fresh_kernel_and_draws(path: Path, tmp_path: Path) -> None:
    notebook = _read(path)
    assert _code_cells(notebook), "a notebook without code shows nothing"
    executed = _executed(notebook, tmp_path)
    pictures = _pictures(executed)
    assert pictures
    assert all(picture.startswith(PNG_START) and len(picture) > 4000 for picture in pictures)
    assert not _warnings_shown(executed)
    assert not list(tmp_path.iterdir()), "a notebook leaves nothing behind in its folder"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_executed_in_order_and_short(path: Path) -> None:
    notebook = _read(path)
    nbformat.validate(notebook)
    code = _code_cells(notebook)
    assert len(notebook.cells) <= MOST_CELLS
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert _pictures(notebook)
    assert not _warnings_shown(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_kept_notebook_names_no_machine_and_no_moment(path: Path) -> None:
    notebook = _read(path)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }
    assert not any(cell.metadata for cell in notebook.cells)
    texts = [cell.source for cell in notebook.cells]
    outputs = [output for cell in _code_cells(notebook) for output in cell.outputs]
    texts += [output.get("text", "") for output in outputs]
    texts += [output.get("data", {}).get("text/plain", "") for output in outputs]
    assert not re.search(r"/(?:tmp|home|root|Users|private)/", "\n".join(texts))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_prose_of_a_notebook_makes_no_claims(
    path: Path, claims_in: Callable[[str], list[str]]
) -> None:
    prose = [cell.source for cell in _read(path).cells if cell.cell_type == "markdown"]
    assert prose
    assert claims_in("\n".join(prose)) == []


def test_all_notebooks_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in NOTEBOOKS) < MOST_BYTES


def test_a_notebook_whose_cell_raises_fails(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        _executed(notebook, tmp_path)
