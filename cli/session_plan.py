"""What a planned session would pin down: the work and the words of `hearfit protocol check`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hearfit.audiology.audiogram import Audiogram, Ear
from hearfit.cli.inputs import Problems, read_protocols
from hearfit.cli.options import PriorChoice
from hearfit.cli.output import Output, json_value, new_table
from hearfit.errors import InputError
from hearfit.reports.undetermined import least_determined_sentence
from hearfit.reports.wording import count, ear_name, enumeration, is_prior, number
from hearfit.storage.files import check_output

if TYPE_CHECKING:
    from hearfit.experiment.protocol import Protocol
    from hearfit.listener.profile import Estimate
    from hearfit.planning import SessionPlan

# As on the command line, and in a profile.
_WANTED_NAMES: Final = {
    "threshold": "threshold",
    "exponent": "compression exponent",
    "attenuation": "attenuation",
    "inhibition": "lateral inhibition",
}
_FIGURE_SUFFIXES = (".svg", ".pdf", ".png")
# As many as the figure tells apart.
_MOST_LENGTHS = 4


@dataclass(frozen=True)
class PlanRequest:
    """What the command line asked for."""

    protocols: tuple[str, ...]
    audiogram: str
    ear: Ear | None
    minutes: tuple[float, ...]
    transducer: str
    outer_hair_cell_share: float
    inhibition: float | None
    prior: PriorChoice
    wanted: tuple[str, ...]
    figure: Path | None


def check_session(request: PlanRequest, output: Output) -> None:
    """Works the plan out, prints it and draws it."""
    audiogram, ear, protocols, wanted = _inputs(request)
    from hearfit.inference.compilation import use_compilation_cache
    from hearfit.planning import plan_lengths

    use_compilation_cache()
    with output.progress("Planning") as progress:
        progress("Working out the information of the answers", 0.2)
        plans = plan_lengths(
            protocols,
            audiogram,
            ear,
            transducer=request.transducer,
            outer_hair_cell_share=request.outer_hair_cell_share,
            inhibition=request.inhibition,
            minutes=sorted(request.minutes),
            prior=request.prior.value,
            wanted=wanted,
        )
    for plan in plans[:-1]:
        _print_expected(plan, output)
    _print(plans[-1], output)
    if request.figure is not None:
        _draw(plans, request.figure)
        output.text()
        output.text(f"figure {request.figure}")
    output.document(json_value(plans if len(plans) > 1 else plans[0]))


def _inputs(request: PlanRequest) -> tuple[Audiogram, Ear, tuple["Protocol", ...], dict[str, float]]:
    """Everything that was named, or all problems with it at once."""
    from hearfit.audiology.retspl import reference_thresholds
    from hearfit.storage.audiogram_files import read_audiogram

    problems = Problems()
    audiogram: Audiogram | None = None
    ear = request.ear
    with problems.collected():
        audiogram = read_audiogram(request.audiogram)
        present = audiogram.ears()
        if not present or (ear is not None and ear not in present):
            wanted = "an ear with air-conduction thresholds" if ear is None else f"thresholds of the {ear} ear"
            raise InputError(f"{request.audiogram}: lacks {wanted}. It has {' and '.join(present) or 'no ear'}.")
        ear = present[0] if ear is None else ear
    protocols = read_protocols(request.protocols, problems)
    with problems.collected():
        reference_thresholds(request.transducer)
    if request.inhibition is not None:
        from hearfit.inference.simulate import check_assumed_ear

        with problems.collected():
            check_assumed_ear(outer_hair_cell_share=request.outer_hair_cell_share, inhibition=request.inhibition)
    with problems.collected():
        for length in request.minutes:
            if not 0.0 < length <= 600.0:
                raise InputError(f"--minutes is {length:g}; allowed is more than 0 and up to 600.")
        if len(request.minutes) > _MOST_LENGTHS:
            raise InputError(
                f"--minutes is given {len(request.minutes)} times; allowed is up to {_MOST_LENGTHS} times."
            )
    wanted_sds = _wanted_sds(request.wanted, problems)
    if request.figure is not None:
        with problems.collected():
            if request.figure.suffix.lower() not in _FIGURE_SUFFIXES:
                raise InputError(f"{request.figure}: a figure is written as {', '.join(_FIGURE_SUFFIXES)}.")
            check_output(request.figure.parent, [request.figure.name])
    problems.tell()
    assert audiogram is not None
    assert ear is not None
    return audiogram, ear, protocols, wanted_sds


def _wanted_sds(words: Sequence[str], problems: Problems) -> dict[str, float]:
    """The SD that is wanted of each quantity that was named; what is wrong with any of them is collected."""
    wanted: dict[str, float] = {}
    if not words:
        return wanted
    # Imports what takes long.
    from hearfit.planning import LARGEST_WANTED_SD

    for word in words:
        name, separator, text = word.partition("=")
        with problems.collected():
            if not separator or name not in _WANTED_NAMES:
                raise InputError(
                    f"--want is {word!r}; allowed is a quantity and an SD, as in threshold=3. Quantities are "
                    f"{enumeration(list(_WANTED_NAMES))}."
                )
            try:
                sd = float(text)
            except ValueError:
                sd = math.nan
            if not 0.0 < sd <= LARGEST_WANTED_SD:
                raise InputError(
                    f"--want is {word!r}; allowed is an SD that is a number of more than 0 and up to "
                    f"{LARGEST_WANTED_SD:g}, as in {name}=0.5."
                )
            if _WANTED_NAMES[name] in wanted:
                raise InputError(f"--want gives {name} twice. Give each quantity once.")
            wanted[_WANTED_NAMES[name]] = sd
    return wanted


def _print_expected(plan: "SessionPlan", output: Output) -> None:
    output.text(f"{count(plan.num_trials, 'trial')} of {enumeration(plan.protocols)}, about {plan.minutes:.0f} minutes")
    output.text(
        f"{ear_name(plan.ear)} as assumed, {plan.outer_hair_cell_share:.0%} of each loss being loss of compression, "
        f"lateral inhibition {plan.inhibition:g}"
    )
    output.text(f"Expected SDs with the {plan.prior} prior; in brackets what that prior alone leaves about this ear:")
    table = new_table(
        "Hz", "trials", "threshold\ndB", "compression\nexponent", "attenuation\ndB", "lateral\ninhibition"
    )
    for row, alone in zip(plan.frequencies, plan.prior_sds, strict=True):
        table.add_row(
            f"{row.frequency_hz:g}",
            str(row.num_trials) if row.num_trials else "none",
            _sd(row.threshold_db_hl, alone.threshold_db_hl, 1),
            _sd(row.compression_exponent, alone.compression_exponent, 3),
            _sd(row.attenuation_db, alone.attenuation_db, 1),
            _sd(row.inhibition, alone.inhibition, 2),
        )
    output.table(table)


def _print(plan: "SessionPlan", output: Output) -> None:
    _print_expected(plan, output)
    output.text("† mostly the prior: the answers would take away less than half of its variance.")
    output.text()
    for wanted in plan.precisions:
        goal = f"{wanted.quantity} to ±{wanted.wanted_sd:g} {wanted.unit}".rstrip()
        if not wanted.is_measured:
            output.text(f"{goal}: none of these tests measures it")
        elif wanted.num_trials == 0:
            output.text(f"{goal} wherever it is measured: the prior alone reaches it, before any trial")
        elif wanted.num_trials is None:
            output.text(f"{goal}: not within 64 such sessions")
        else:
            output.text(f"{goal} wherever it is measured: {count(wanted.num_trials, 'trial')} of this mix")
    output.text()
    if plan.least_determined is not None:
        output.paragraph(least_determined_sentence(plan.least_determined, is_planned=True))
    for sentence in plan.not_identified:
        output.paragraph(sentence)


def _sd(estimate: "Estimate", prior_sd: float, digits: int) -> str:
    return f"±{number(estimate.sd, digits)} ({number(prior_sd, digits)}){'†' if is_prior(estimate) else ' '}"


def _draw(plans: Sequence["SessionPlan"], path: Path) -> None:
    """The intervals of one session, or the expected SDs of several."""
    if len(plans) > 1:
        from hearfit.reports.figure_precision import write_precision_figure

        write_precision_figure(plans, path)
    else:
        from hearfit.reports.plan import write_plan_figure

        write_plan_figure(plans[0].frequencies, plans[0].ear, path)
