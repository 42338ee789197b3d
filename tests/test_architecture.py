"""The arrows of docs/architecture.md, checked in the source text."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"tensorflow", "keras", "cv2", "pydicom", "scipy"}
FORBIDDEN = {
    "core": {"streamlit", "training", "pages", "argparse"},
    "training": {"streamlit", "pages"},
    "pages": {"training", "plotly", "tensorflow", "keras"},
}
ONLY_IN = {"plotly": "core/charts/", "tf_keras_vis": "core/explain/"}


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def imported(tree, everywhere=True):
    nodes = ast.walk(tree) if everywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_arrows(folder):
    files = sources(folder)
    assert files
    for path in files:
        wrong = set(imported(ast.parse(path.read_text()))) & FORBIDDEN[folder]
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_heavy_libraries_are_imported_inside_functions():
    for path in [*sources("core"), *sources("pages"), ROOT / "streamlit_app.py"]:
        top = set(imported(ast.parse(path.read_text()), everywhere=False)) & HEAVY
        assert not top, f"{path.relative_to(ROOT)} imports {top} at the top"


def test_one_home_for_a_library():
    for name, home in ONLY_IN.items():
        for folder in FORBIDDEN:
            for path in sources(folder):
                if name in set(imported(ast.parse(path.read_text()))):
                    assert str(path.relative_to(ROOT)).startswith(home)


def test_core_never_prints():
    for path in sources("core"):
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls)


def test_pages_are_short():
    for path in (ROOT / "pages").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 150, path.name


def test_only_loaders_cache():
    for path in sources("pages"):
        caches = any(name in path.read_text() for name in ("cache_data", "cache_resource"))
        assert not caches or path.name.startswith("loaders"), path.name


def test_what_is_kept_by_an_image_is_kept_by_all_of_its_pixels():
    found = 0
    for path in (ROOT / "pages" / "parts").glob("loaders*.py"):
        for function in ast.parse(path.read_text()).body:
            if not isinstance(function, ast.FunctionDef) or not function.decorator_list:
                continue
            if "Grey" in [ast.unparse(one.annotation) for one in function.args.args]:
                cache = ast.unparse(function.decorator_list[0])
                assert "hash_funcs=loaders.EVERY_PIXEL" in cache, f"{path.name}: {function.name}"
                found += 1
    assert found
