"""Numbers and names as a reader expects them: true minus signs, kilohertz, intervals in words."""

from collections.abc import Sequence

from hearfit.audiology.audiogram import Ear
from hearfit.listener.profile import Estimate, NamedVersion

PRIOR_SPEAKS_BELOW = 0.5
"""Below this data share an estimate is shown as mostly the prior."""


def number(value: float, decimals: int) -> str:
    """A number with a true minus sign, and no minus before zero."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def interval(estimate: Estimate, decimals: int) -> str:
    """The 95 % interval; "to", because a dash beside a minus sign is misread."""
    return f"{number(estimate.lower_95, decimals)} to {number(estimate.upper_95, decimals)}"


def frequency(frequency_hz: float) -> str:
    """750 Hz, 1 kHz, 1.5 kHz; the number and its unit stay on one line."""
    text = f"{frequency_hz:g} Hz" if frequency_hz < 1000 else f"{frequency_hz / 1000:g} kHz"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def frequency_list(frequencies_hz: Sequence[float], all_hz: Sequence[float]) -> str:
    """Frequencies in words: every one, or their list, in which three or more neighbours are a range."""
    if set(frequencies_hz) >= set(all_hz):
        return "every frequency"
    ordered = sorted({*all_hz, *frequencies_hz})
    runs: list[list[float]] = []
    for value in sorted(frequencies_hz):
        place = ordered.index(value)
        if runs and runs[-1][-1] == ordered[place - 1]:
            runs[-1].append(value)
        else:
            runs.append([value])
    words: list[str] = []
    for run in runs:
        words += [_frequency_range(run[0], run[-1])] if len(run) > 2 else [frequency(value) for value in run]
    return enumeration(words)


def _frequency_range(low_hz: float, high_hz: float) -> str:
    """2 to 8 kHz, 500 Hz to 4 kHz."""
    low, high = frequency(low_hz), frequency(high_hz)
    unit = high[-3:] if high.endswith("kHz") else high[-2:]
    is_same = (low_hz < 1000) is (high_hz < 1000)
    return f"{low[: -len(unit) - 1] if is_same else low} to {high}"


def enumeration(words: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def percent(share: float) -> str:
    """A share of 0 to 1 in percent; not 100 % where it is nearly so."""
    return ">99 %" if 0.995 <= share < 1.0 else f"{100 * share:.0f} %"


def count(number_of: int, noun: str, plural: str = "") -> str:
    """1 answer, 1,380 answers; 2 criteria."""
    return f"{number_of:,} {noun if number_of == 1 else plural or f'{noun}s'}"


def ear_name(ear: Ear) -> str:
    """Right ear."""
    return f"{ear.value.capitalize()} ear"


def is_prior(estimate: Estimate) -> bool:
    """Whether the prior says more about this number than the answers do."""
    return estimate.data_share is not None and estimate.data_share < PRIOR_SPEAKS_BELOW


def editions(entries: Sequence[NamedVersion]) -> str:
    """Standards with their editions."""
    return ", ".join(f"{entry.name} ({entry.version})" if entry.version else entry.name for entry in entries)


def versions(entries: Sequence[NamedVersion]) -> str:
    """Name and version of each."""
    return ", ".join(f"{entry.name} {entry.version}".strip() for entry in entries)
