"""What the build, the set-up and the house rules promise about the files of this project."""

import importlib
import importlib.metadata
import pkgutil
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REMAPPED = ("cli", "protocols", "reports")
MAX_LINES = 400

# Put together, so that this file does not name them itself.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("anaconda", "org"), ("conda", "io"))
)
REGISTRY_OPTIONS = tuple(
    f"--{name}" + end for name, end in (("index", "-url"), ("extra-index", "-url"), ("find", "-links"))
)


@pytest.fixture(scope="session")
def pyproject(source_root: Path) -> dict[str, Any]:
    return tomllib.loads((source_root / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def tracked(source_root: Path) -> list[Path]:
    if not (source_root / ".git").exists():
        pytest.skip("needs a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=source_root, capture_output=True, check=True, text=True
    ).stdout
    paths = [source_root / name for name in listing.split("\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


@pytest.fixture(scope="session")
def constraints(source_root: Path) -> dict[str, str]:
    lines = (source_root / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def _lines(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Every line of every text file, with the place where it stands."""
    for path in paths:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            yield f"{path}:{number}", line


@pytest.mark.parametrize("name", REMAPPED)
def test_subpackage_is_the_top_level_folder(source_root: Path, name: str) -> None:
    assert Path(str(files(f"hearfit.{name}"))).samefile(source_root / name)


@pytest.mark.parametrize("name", REMAPPED)
def test_link_for_static_tools_is_relative(source_root: Path, name: str) -> None:
    link = source_root / "hearfit" / name
    if not link.is_symlink():
        pytest.skip("this checkout was made without symbolic links")
    assert link.readlink() == Path("..", name)


def test_every_package_is_listed_for_the_wheel(source_root: Path, pyproject: dict[str, Any]) -> None:
    found = {"hearfit"}
    for top in ("hearfit", *REMAPPED):
        for init in (source_root / top).rglob("__init__.py"):
            parts = init.parent.relative_to(source_root).parts
            found.add(".".join(parts if top == "hearfit" else ("hearfit", *parts)))
    assert set(pyproject["tool"]["setuptools"]["packages"]) == found


def test_every_module_can_be_imported(pyproject: dict[str, Any]) -> None:
    for package in pyproject["tool"]["setuptools"]["packages"]:
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, prefix=f"{package}."):
            importlib.import_module(module.name)


def test_version_is_the_installed_one(pyproject: dict[str, Any]) -> None:
    assert pyproject["project"]["version"] == importlib.metadata.version("hearfit")


def test_changelog_has_a_section_for_this_version(source_root: Path, pyproject: dict[str, Any]) -> None:
    headings = re.findall(r"^## \[?([^\]\s]+)", (source_root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings, "CHANGELOG.md has no section"
    assert headings[0] in ("Unreleased", pyproject["project"]["version"])


def test_constraints_are_exact_versions_and_nothing_else(source_root: Path) -> None:
    lines = (source_root / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"# .*|[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []


def test_every_declared_dependency_is_pinned_within_its_range(
    pyproject: dict[str, Any], constraints: dict[str, str]
) -> None:
    project = pyproject["project"]
    declared = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
        *pyproject["build-system"]["requires"],
        "pip",
        "wheel",
    ]
    requirements = [Requirement(text) for text in declared]
    unpinned = [r.name for r in requirements if canonicalize_name(r.name) not in constraints]
    assert unpinned == []
    assert [str(r) for r in requirements if constraints[canonicalize_name(r.name)] not in r.specifier] == []


def test_dependencies_of_dependencies_are_pinned(constraints: dict[str, str]) -> None:
    """An unpinned one would be whatever is newest on the day of the installation."""
    todo, seen = ["hearfit"], {"hearfit"}
    while todo:
        for text in importlib.metadata.requires(todo.pop()) or ():
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            if name in seen or not (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                continue
            seen.add(name)
            todo.append(name)
    assert seen - {"hearfit"} - constraints.keys() == set()


def test_no_file_names_a_package_registry(tracked: list[Path]) -> None:
    forbidden = re.compile("|".join(map(re.escape, (*REGISTRY_HOSTS, *REGISTRY_OPTIONS))))
    assert [place for place, line in _lines(tracked) if forbidden.search(line)] == []


def test_no_file_names_a_folder_of_one_machine(source_root: Path, tracked: list[Path]) -> None:
    homes = "|".join(("root", "work", "home/[a-z]+", "Users/[A-Za-z]+"))
    forbidden = re.compile(rf"(?<![\w.~/-])/(?:{homes})/\w|{re.escape(str(source_root))}(?!\w)")
    assert [place for place, line in _lines(tracked) if forbidden.search(line)] == []


def test_no_module_is_too_long_to_read(tracked: list[Path]) -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in tracked if path.suffix == ".py"}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_packages_hold_no_code(source_root: Path) -> None:
    """The hook that checks shapes in the tests does not see hearfit/__init__.py."""
    # Loads what it exports when it is first used; no shape passes through it.
    lazy_door = source_root / "hearfit" / "frontend" / "__init__.py"
    code = re.compile(r"^(?:import|from|def|class) ", re.MULTILINE)
    packages = [path for top in ("hearfit", *REMAPPED) for path in (source_root / top).rglob("__init__.py")]
    assert [path for path in packages if code.search(path.read_text("utf-8"))] == [lazy_door]
