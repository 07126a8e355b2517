"""TextGrids: written by hand or by praatio and read back, and every defect of a file as a sentence that names it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.corpora.textgrid import Interval, read_tier
from hearfit.errors import InputError


def written(path: Path, *, tiers: dict[str, list[tuple[float, float, str]]], duration_s: float) -> Path:
    """A TextGrid in Praat's long text format, by its manual."""
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {duration_s!r}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers.items(), start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {duration_s!r}", f"        intervals: size = {len(intervals)}"]
        for index, (start_s, end_s, label) in enumerate(intervals, start=1):
            quoted = label.replace('"', '""')
            lines += [f"        intervals [{index}]:", f"            xmin = {start_s!r}"]
            lines += [f"            xmax = {end_s!r}", f'            text = "{quoted}"']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


WORD = [(0.0, 0.1, ""), (0.1, 0.3, "p"), (0.3, 0.5, "ã"), (0.5, 0.8, "")]


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    return written(tmp_path / "word.TextGrid", tiers={"words": [(0.0, 0.8, "pa")], "phones": WORD}, duration_s=0.8)


def test_a_tier_comes_back_as_it_was_written(grid: Path) -> None:
    tier = read_tier(grid, ["phone", "phones"])
    assert (tier.name, tier.duration_s) == ("phones", 0.8)
    assert tier.intervals == tuple(Interval(*each) for each in WORD)


@given(
    durations_ms=st.lists(st.integers(1, 2000), min_size=1, max_size=12),
    labels=st.lists(st.text("paãʃːt͡ʰ", max_size=3), min_size=12, max_size=12),
)
def test_any_word_comes_back(
    tmp_path_factory: pytest.TempPathFactory, durations_ms: list[int], labels: list[str]
) -> None:
    ends_s = [sum(durations_ms[: n + 1]) / 1000.0 for n in range(len(durations_ms))]
    word = list(zip([0.0, *ends_s[:-1]], ends_s, labels, strict=False))
    path = written(tmp_path_factory.mktemp("grid") / "x.TextGrid", tiers={"phones": word}, duration_s=ends_s[-1])
    assert [(each.start_s, each.end_s, each.label) for each in read_tier(path, ["phones"]).intervals] == word


def test_utf_16_is_read(grid: Path) -> None:
    grid.write_text(grid.read_text(encoding="utf-8"), encoding="utf-16")
    assert read_tier(grid, ["phones"]).intervals[2].label == "ã"


def test_a_missing_tier_is_named_with_those_that_are_there(grid: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_tier(grid, ["phon", "segments"])
    assert str(caught.value) == f'{grid}: has no tier "phon" or "segments". Its tiers are "words", "phones".'


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ([(0.0, 0.4, "p"), (0.3, 0.8, "a")], "overlap"),
        ([(0.0, 0.4, "p"), (0.4, 0.9, "a")], "an interval lies outside the range of its tier"),
        ([(-0.2, 0.4, "p"), (0.4, 0.8, "a")], "the first one at 0 s"),
        ([(0.0, 0.4, "p"), (0.5, 0.8, "a")], r'interval 2 \("a", 0.5 to 0.8 s\): should begin .* at 0.4 s'),
        ([(0.0, 0.4, "p"), (0.4, 0.7, "a")], "lasts 0.8 s, but its last interval ends at 0.7 s"),
        ([(0.0, 0.4, "p"), (0.4, 0.4, "a"), (0.4, 0.8, "b")], "cannot occur after its end time"),
        ([(0.5, 0.4, "p"), (0.5, 0.8, "a")], "after its end time"),
    ],
)
def test_impossible_intervals_are_refused(tmp_path: Path, word: list[tuple[float, float, str]], reason: str) -> None:
    path = written(tmp_path / "bad.TextGrid", tiers={"phones": word}, duration_s=0.8)
    with pytest.raises(InputError, match=reason) as caught:
        read_tier(path, ["phones"])
    assert str(caught.value).startswith(str(path))


def test_a_tier_of_points_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.TextGrid"
    path.write_text(
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 1\ntiers? <exists>\nsize = 1\n'
        'item []:\n    item [1]:\n        class = "TextTier"\n        name = "phones"\n        xmin = 0\n'
        "        xmax = 1\n        points: size = 1\n        points [1]:\n            number = 0.5\n"
        '            mark = "a"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match='the tier "phones" holds points, not intervals'):
        read_tier(path, ["phones"])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98])
def test_a_file_that_ends_early_is_refused(grid: Path, share: float) -> None:
    content = grid.read_bytes()
    grid.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"word\.TextGrid: (cannot be read as a TextGrid|has no tier|.* truncated)"):
        read_tier(grid, ["phones"])


def test_what_is_no_text_or_not_there_is_refused(tmp_path: Path, grid: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_tier(tmp_path / "other.TextGrid", ["phones"])
    grid.write_bytes(bytes(range(128, 256)) * 10)
    with pytest.raises(InputError, match="cannot be read as a TextGrid"):
        read_tier(grid, ["phones"])
