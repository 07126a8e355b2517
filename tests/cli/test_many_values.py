"""Options with several values, against lists written by hand and against what argparse's nargs="+" reads."""

import argparse
from typing import Annotated

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from hearfit.cli.many_values import ManyValuesCommand, repeated
from hearfit.errors import InputError

NAMES = {"--frontend", "--snr"}


@pytest.mark.parametrize(
    ("given_words", "expected"),
    [
        ("--frontend mel leaf --seeds 5", "--frontend=mel --frontend=leaf --seeds 5"),
        ("--frontend mel --frontend leaf", "--frontend=mel --frontend=leaf"),
        ("--frontend=mel leaf", "--frontend=mel --frontend=leaf"),
        ("--snr -5 0 -2.5e1 10 --quiet", "--snr=-5 --snr=0 --snr=-2.5e1 --snr=10 --quiet"),
        ("--seeds 5 --frontend mel -q", "--seeds 5 --frontend=mel -q"),
        ("--frontend mel -- --snr 1 2", "--frontend=mel -- --snr 1 2"),
        ("--data mel --json", "--data mel --json"),
        ("", ""),
    ],
)
def test_values_get_a_name_each(given_words: str, expected: str) -> None:
    assert repeated(given_words.split(), NAMES) == expected.split()


@pytest.mark.parametrize("words", ["--frontend", "--frontend --seeds 5", "--snr --frontend mel"])
def test_an_option_without_a_value_is_refused(words: str) -> None:
    with pytest.raises(InputError, match="has no value"):
        repeated(words.split(), NAMES)


values = st.one_of(
    st.integers(-99, 99).map(str),
    st.floats(-9, 9, allow_nan=False).map(lambda value: f"{value:.3f}"),
    st.text("abcxyz", min_size=1, max_size=4),
)
parts = st.lists(st.tuples(st.sampled_from(sorted(NAMES)), st.lists(values, min_size=1, max_size=4)), max_size=4)


@given(parts)
def test_equals_argparse(parts: list[tuple[str, list[str]]]) -> None:
    """The independent truth: argparse, whose nargs="+" with the action "extend" is this form."""
    words = [word for name, each in parts for word in (name, *each)]
    reader = argparse.ArgumentParser()
    for name in sorted(NAMES):
        reader.add_argument(name, nargs="+", action="extend", default=[])
    read = reader.parse_args(words)
    ours = [word.partition("=")[::2] for word in repeated(words, NAMES)]
    assert [value for name, value in ours if name == "--snr"] == read.snr
    assert [value for name, value in ours if name == "--frontend"] == read.frontend


def test_typer_reads_them() -> None:
    """End to end: numbers as numbers, negative ones too, and other options untouched."""
    app = typer.Typer()
    seen: list[object] = []

    def command(
        frontend: Annotated[list[str] | None, typer.Option("--frontend", "-f")] = None,
        snr: Annotated[list[float] | None, typer.Option("--snr")] = None,
        seeds: Annotated[int, typer.Option("--seeds")] = 1,
    ) -> None:
        seen.append((frontend, snr, seeds))

    app.command(cls=ManyValuesCommand)(command)
    app(["--frontend", "mel", "leaf", "--snr", "-5", "0", "1e1", "--seeds", "3"], standalone_mode=False)
    app(["-f", "mel", "leaf", "--frontend", "cnn", "--snr=-5", "-6"], standalone_mode=False)
    app([], standalone_mode=False)
    assert seen == [(["mel", "leaf"], [-5.0, 0.0, 10.0], 3), (["mel", "leaf", "cnn"], [-5.0, -6.0], 1), (None, None, 1)]
