"""Checks that a wheel holds the tracked files of the package, all of them, and nothing else."""

import subprocess
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
REMAPPED = ("cli", "protocols", "reports")
# Shown by the README, of no use to the program.
NOT_SHIPPED = ("reports/example-report.png",)
# A wheel without one of these installs and imports, and fails only when it is used.
REQUIRED = ("hearfit/py.typed", "hearfit/protocols/*.toml", "hearfit/reports/templates/*")


def tracked_files() -> set[str]:
    """Names, inside the wheel, of every tracked file of the package."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "hearfit", *REMAPPED], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    paths = [
        PurePosixPath(name)
        for name in listing.split("\0")
        if name and name not in NOT_SHIPPED and not (ROOT / name).is_symlink()
    ]
    return {
        str(path if path.parts[0] == "hearfit" else "hearfit" / path) for path in paths if not path.name.startswith(".")
    }


def problems(wheel: Path) -> list[str]:
    """One sentence for each thing that is wrong with the content of the wheel."""
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = {name for name in names if ".dist-info/" in name.partition("/")[0] + "/"}
    packaged, tracked = names - info, tracked_files()
    found = [f"{name} is tracked, but missing from the wheel." for name in sorted(tracked - packaged)]
    found += [f"{name} is in the wheel, but is not tracked." for name in sorted(packaged - tracked)]
    found += [
        f"The wheel has no file {pattern}."
        for pattern in REQUIRED
        if not any(PurePosixPath(name).match(pattern) for name in names)
    ]
    if not any(name.endswith("/licenses/LICENSE") for name in info):
        found.append("The wheel has no licence.")
    return found


if __name__ == "__main__":
    wheel = Path(sys.argv[1])
    complaints = problems(wheel)
    print("\n".join([*complaints, f"{wheel.name}: {len(complaints)} problems with its content."]))
    sys.exit(bool(complaints))
