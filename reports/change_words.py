"""What is said of a change, in words that the terminal and the page share."""

from collections.abc import Sequence
from typing import Final

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import MEASURED_SHARE, Quantity
from hearfit.change.false_discovery import FALSE_DISCOVERY_RATE
from hearfit.change.profile_change import SessionChange
from hearfit.change.retest import BETWEEN_SESSIONS, PUBLISHED, WITHIN_SESSION
from hearfit.change.verdict import QuantityChange, Verdict
from hearfit.reports.wording import count, ear_name, enumeration, frequency, number

_DECIMALS: Final = {
    Quantity.THRESHOLD: 1,
    Quantity.EXPONENT: 2,
    Quantity.ATTENUATION: 1,
    Quantity.INHIBITION: 2,
    Quantity.BANDWIDTH: 0,
}

HOW_TO_READ: Final = (
    (
        "A change is the later minus the earlier value, with the 95 % interval that the answers of both sessions leave "
        "open. Each session was fitted by itself; their difference is that of two independent ears, which for one ear "
        "tested in the same way twice is wide enough over people."
    ),
    (
        f"To be confirmed: told against the variability of careful tests, an SD of {WITHIN_SESSION.sd_db:g} dB of a "
        f"repeated threshold ({WITHIN_SESSION.source}). Repeat the test before anything follows from it."
    ),
    (
        f"Beyond retest: told also against the variability between sessions, an SD of {BETWEEN_SESSIONS.sd_db:g} dB "
        f"({BETWEEN_SESSIONS.source}), and larger than the published limit of {PUBLISHED.limit_db:g} dB: "
        f"{PUBLISHED.source}."
    ),
    (
        f"Of the changes told, at most {100 * FALSE_DISCOVERY_RATE:g} % are expected to be false, over all ears, "
        "frequencies and parameters of one session against the first (Benjamini & Hochberg 1995; thresholds weigh five "
        "times as much as parameters). That holds for one comparison, not for many sessions together, and for sessions "
        "that repeat like careful tests: of sessions that vary more, unchanged ears are often told to be confirmed."
    ),
    (
        "P beyond retest: posterior probability that the ears of the two sessions differ by more than 95 % of repeated "
        "tests of an unchanged ear. Of exponent and attenuation: by more than would shift the threshold so far, "
        "because nobody has published how they repeat. A wide interval makes it large, too, so it is no verdict by "
        "itself."
    ),
    (
        f"Not measured: untested in one of the sessions, or less than {100 * MEASURED_SHARE:g} % of what is known came "
        "from its answers. Nothing is known of how lateral inhibition and bandwidth repeat, so they are never called "
        "beyond retest."
    ),
)

NO_CLAIM: Final = (
    "This is no diagnosis and no criterion of ototoxicity or noise damage. It says which numbers of a model of the ear "
    "have changed; why, and whether it matters, is for qualified professionals to judge."
)


_ORDER: Final = (Verdict.BEYOND_RETEST, Verdict.TO_BE_CONFIRMED, Verdict.RETEST_UNKNOWN)
_UNITS: Final = {Quantity.THRESHOLD: " dB", Quantity.ATTENUATION: " dB", Quantity.BANDWIDTH: " Hz"}


def verdict_words(change: QuantityChange) -> str:
    """The verdict as a reader needs it."""
    direction = "worse" if change.is_worse else "better"
    match change.verdict:
        case Verdict.BEYOND_RETEST:
            return f"{direction}, beyond retest"
        case Verdict.TO_BE_CONFIRMED:
            return f"perhaps {direction}, to be confirmed"
        case Verdict.RETEST_UNKNOWN:
            return "differs, retest unknown"
        case Verdict.NOT_SHOWN:
            return "no change shown"
        case Verdict.NOT_MEASURED:
            return f"not measured: {change.measured.not_measured}"


def verdict_sign(change: QuantityChange) -> str:
    """The verdict in a word: worse, worse?, or a dash."""
    direction = "worse" if change.is_worse else "better"
    signs = {
        Verdict.BEYOND_RETEST: direction,
        Verdict.TO_BE_CONFIRMED: f"{direction}?",
        Verdict.RETEST_UNKNOWN: "differs",
    }
    return signs.get(change.verdict, "–")


def amount(change: QuantityChange, value: float, *, is_signed: bool = False) -> str:
    """A value in the unit of the quantity, with as many decimals as it deserves."""
    text = number(value, _DECIMALS[change.measured.quantity])
    # A change that rounds to zero has no sign.
    return f"+{text}" if is_signed and value > 0.0 and text.strip("0.") else text


def change_text(change: QuantityChange) -> str:
    """+12.3."""
    return amount(change, change.measured.difference.mean, is_signed=True)


def interval_text(change: QuantityChange) -> str:
    """+3.1 to +21.0; "to", because a dash beside a minus sign is misread."""
    difference = change.measured.difference
    low, high = (amount(change, value, is_signed=True) for value in (difference.lower_95, difference.upper_95))
    return f"{low} to {high}"


def place(change: QuantityChange) -> str:
    """4 kHz, or 4 and 6 kHz."""
    names = [frequency(value) for value in change.measured.frequencies_hz]
    if len(names) == 1:
        return names[0]
    # Both in hertz or both in kilohertz: the unit once.
    (first, unit), (_, other) = (name.split("\N{NO-BREAK SPACE}") for name in names)
    return f"{first if unit == other else names[0]} and {names[1]}"


def probability_text(probability: float) -> str:
    """A probability of two decimals that never claims certainty."""
    return "< 0.01" if probability < 0.01 else "> 0.99" if probability > 0.99 else f"{probability:.2f}"


def headlines(changes: Sequence[QuantityChange]) -> tuple[QuantityChange, ...]:
    """What is told, the gravest first; neighbours together only where neither is told by itself."""
    alone = {
        (change.measured.quantity, change.measured.frequencies_hz[0])
        for change in changes
        if change.is_told and len(change.measured.frequencies_hz) == 1
    }
    told = [
        change
        for change in changes
        if change.is_told
        and (
            len(change.measured.frequencies_hz) == 1
            or not any((change.measured.quantity, hz) in alone for hz in change.measured.frequencies_hz)
        )
    ]
    return tuple(sorted(told, key=lambda change: _ORDER.index(change.verdict)))


def ear_sentence(step: SessionChange, ear: Ear) -> str:
    """What has changed in one ear, in a sentence."""
    changes = step.of(ear)
    against = f"{ear_name(ear)}, {step.session} against {step.baselines[ear]}"
    told = headlines(changes)
    if not told:
        compared = sum(change.measured.not_measured is None for change in changes)
        return f"{against}: no change shown in {count(compared, 'comparison')}."
    groups = {words: [c for c in told if verdict_words(c) == words] for words in map(verdict_words, told)}
    parts = [f"{words}: {enumeration([_short(change) for change in group])}" for words, group in groups.items()]
    text = "; ".join(parts)
    return f"{against}. {text[0].upper()}{text[1:]}."


def _short(change: QuantityChange) -> str:
    quantity = change.measured.quantity
    name = "threshold" if quantity is Quantity.THRESHOLD else quantity.label
    together = "" if len(change.measured.frequencies_hz) == 1 else " together"
    return f"{name} at {place(change)}{together} ({change_text(change)}{_UNITS.get(quantity, '')})"


def shown(changes: Sequence[QuantityChange]) -> tuple[QuantityChange, ...]:
    """Everything measured at a frequency, and neighbours together only where they make a headline."""
    news = headlines(changes)
    return tuple(
        change
        for change in changes
        if change.measured.not_measured is None and (len(change.measured.frequencies_hz) == 1 or change in news)
    )
