"""Who may import whom: pages know no network library, the server no TensorFlow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "insects").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
APP = [ROOT / "streamlit_app.py", *PAGES, *PACKAGE]
TENSORFLOW = {"tensorflow", "keras", "tf_keras"}


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports_in(node, typing_only=False):
    """Yield the dotted name of each import below a node, those for type checkers left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif is_type_checking(child):
            for other in child.orelse:
                yield from imports_in(ast.Module([other], []))
        else:
            yield from imports_in(child)


def imports_of(path):
    """The names a file imports anywhere in it; relative imports would hide, so there are none."""
    tree = ast.parse(path.read_text())
    relative = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
    assert not relative, f"{path} imports by a relative name"
    return set(imports_in(tree))


def libraries_of(path):
    return {name.partition(".")[0] for name in imports_of(path)}


def is_below(path, *folders):
    return any(path.is_relative_to(ROOT / folder) for folder in folders)


def named(paths):
    return {"argvalues": paths, "ids": [str(path.relative_to(ROOT)) for path in paths]}


def test_the_search_for_imports_finds_what_hides_in_functions_and_not_what_is_for_types():
    tree = ast.parse(
        "from typing import TYPE_CHECKING\n"
        "import numpy as np\n"
        "if TYPE_CHECKING:\n    import keras\n"
        "def f():\n    from tensorflow import lite\n"
        "try:\n    import shap\nexcept ImportError:\n    pass\n"
    )
    found = {name.partition(".")[0] for name in imports_in(tree)}
    assert found == {"typing", "numpy", "tensorflow", "shap"}


def test_there_are_files_to_judge():
    assert len(PACKAGE) > 20
    assert PAGES


@pytest.mark.parametrize("path", **named(APP))
def test_streamlit_is_imported_only_by_the_app(path):
    if not is_below(path, "streamlit_app.py", "pages", "insects/ui"):
        assert "streamlit" not in libraries_of(path)


@pytest.mark.parametrize("path", **named(APP))
def test_tensorflow_is_imported_only_by_networks_training_and_values_of_pixels(path):
    if not is_below(path, "insects/networks", "insects/training", "insects/pixelwise"):
        assert not TENSORFLOW & libraries_of(path)


@pytest.mark.parametrize("path", **named(PAGES))
def test_a_page_imports_no_library_that_the_package_is_for(path):
    assert not libraries_of(path) & {*TENSORFLOW, "shap", "skimage"}


@pytest.mark.parametrize("path", **named(PAGES))
def test_a_page_imports_no_other_page(path):
    assert "pages" not in libraries_of(path)


@pytest.mark.parametrize("path", **named(PACKAGE))
def test_the_package_knows_neither_pages_nor_the_parts_of_pages(path):
    assert "pages" not in libraries_of(path)
    assert "streamlit_app" not in libraries_of(path)
    if not is_below(path, "insects/ui"):
        assert not {name for name in imports_of(path) if f"{name}.".startswith("insects.ui.")}


@pytest.mark.parametrize("path", **named(sorted((ROOT / "insects" / "shapley").glob("*.py"))))
def test_estimators_know_neither_photos_nor_networks(path):
    ours = {name for name in imports_of(path) if name.startswith("insects.")}
    assert all(name.startswith(("insects.errors.", "insects.shapley.")) for name in ours)


@pytest.mark.parametrize(
    "module",
    [
        "insects",
        "insects.explanation",
        "insects.inference",
        "insects.networks.layers",
        "insects.predictions",
        "insects.training.inputs",
        "insects.training.launch",
        "insects.training.similar_index",
        "insects.networks",
        "insects.pixelwise.background",
        "insects.pixelwise.child",
        "insects.pixelwise.deep",
        "insects.pixelwise.gradient",
        "insects.shortcut",
        "insects.ui.cache",
        "insects.ui.components.checks",
        "insects.ui.components.dataset",
        "insects.ui.components.baselines",
        "insects.ui.components.explain",
        "insects.ui.components.overlays",
        "insects.ui.components.compare",
        "insects.ui.components.shortcut",
        "insects.ui.components.training",
        "insects.ui.components.trust",
        "insects.ui.jobs",
        "insects.ui.shortcut",
        "insects.ui.state",
        "insects.__main__",
    ],
)
def test_importing_leaves_tensorflow_and_keras_out_of_the_process(module):
    code = f"import sys, {module}\nprint({TENSORFLOW!r} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stdout.strip() == "set()", done.stderr
