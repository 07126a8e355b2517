"""What every test runs under: strict JAX, no window, no telemetry, a seed that can be repeated."""

import os
import signal
import zlib
from collections.abc import Iterator
from pathlib import Path

# Read when the libraries are imported, so set before anything imports them.
os.environ["MPLBACKEND"] = "Agg"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
# A test must never write into the tracking server of the person who runs it.
os.environ.pop("MLFLOW_TRACKING_URI", None)

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# So small a module that its not being checked by beartype, whose hook comes later, matters little.
from hearfit.inference.compilation import use_compilation_cache

ROOT = Path(__file__).resolve().parent.parent
IS_CI = os.environ.get("CI", "").lower() == "true"

# Two thirds of the time goes into compiling. The workers share what they compile, and the next run has it.
use_compilation_cache()

# 64-bit numbers stay off, as they are for a user: the library asks for them call by call.
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

settings.register_profile(
    "hearfit",
    deadline=None,
    derandomize=IS_CI,
    print_blob=True,
    # Says how busy the machine is, not whether the code is right.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("hearfit")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=0, help="seed of the random tests (default: %(default)s)")


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"seed: {config.getoption('--seed')} (another one: --seed=N)"]


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """A seed of this test's own, so that a test draws the same numbers alone as among others."""
    number = int(request.config.getoption("--seed"))
    # Shown with the output of a test that fails.
    print(f"repeat with --seed={number}")
    return zlib.crc32(f"{number} {request.node.name}".encode())


@pytest.fixture
def rng(seed: int) -> np.random.Generator:
    """Random numbers that `--seed` repeats."""
    return np.random.default_rng(seed)


@pytest.fixture
def key(seed: int) -> jax.Array:
    """A JAX key that `--seed` repeats."""
    return jax.random.key(seed)


@pytest.fixture(scope="module")
def float64() -> Iterator[None]:
    """64-bit numbers for a whole module, as the library asks for them when it fits."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def standard_promotion() -> Iterator[None]:
    """JAX's default type promotion: Optax's Adam raises a float to an integer power, which strict promotion refuses."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="session")
def source_root() -> Path:
    """The source checkout; skips where the tests run against an installed package from another folder."""
    if not (ROOT / "hearfit").is_dir():
        pytest.skip("needs a source checkout, but the tests run from a copy")
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets, from HEARFIT_DATA or beside the checkout; skips where there is none."""
    folder = Path(os.environ.get("HEARFIT_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs the real data sets: {folder} is not a folder; name theirs in HEARFIT_DATA")
    return folder


@pytest.fixture
def children_hear_interrupts() -> Iterator[None]:
    """Shells let what they begin in the background ignore Ctrl-C, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
