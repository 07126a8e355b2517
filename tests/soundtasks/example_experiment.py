"""An experiment made by hand: three frontends, two conditions, five seeds, an oracle, and pictures of every kind."""

import dataclasses

import numpy as np

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.pictures import Axis, Image, Lines, Moves, Sheet
from hearfit.soundtasks.record import CurvePoint, LearnedParameter, Metric, RunName, RunRecord
from hearfit.soundtasks.result import DataSource, ExperimentFacts, ExperimentResult, Origin

CC = Metric("cc_norm", "", "normalised correlation, mean over units")
ERROR = Metric("error", "dB", "mean error", is_higher_better=False, decimals=1)

DESCRIPTION = ExperimentDescription(
    task="example",
    command="example",
    title="An <b>example</b>",
    question="Which of these is best?",
    data="--data: nothing",
    frontends=(
        FrontendChoice("mel", "Log-mel & more"),
        FrontendChoice("leaf", "Gabor filters and PCEN", "filters"),
        FrontendChoice("biomimetic", "Cochlea", "time constant"),
    ),
    conditions=(("100 %", "all of the data"), ("10 %", "a tenth of it")),
    metrics=(CC, ERROR),
    baseline="mel",
    item="unit",
)
FACTS = ExperimentFacts(
    held_out=("Test: 3 sounds that no training saw.", "Validation: 3 other sounds, which stopped the training."),
    settings={"learning rate": 1e-3, "batch": 4, "file": "<script>"},
    sources=(DataSource("NS1", "not stated", "OSF ayw2p"),),
    references={"oracle": "what a perfect mask would reach"},
)
ORIGIN = Origin("hearfit experiment example --seeds 5", {"hearfit": "0.1.0", "jax": "0.8.0"})

_MEANS = {("mel", "100 %"): 0.55, ("leaf", "100 %"): 0.70, ("biomimetic", "100 %"): 0.705}
_NUM_ITEMS = 40


def example_result(num_seeds: int = 5) -> ExperimentResult:
    """Leaf and biomimetic are far ahead of mel with all data and cannot be told apart; with a tenth none can."""
    rows = [(condition, row) for condition in ("100 %", "10 %") for row in ("mel", "leaf", "biomimetic", "oracle")]
    records = [
        _record(RunName("example", row, condition, seed))
        for condition, row in rows
        if (condition, row) != ("10 %", "oracle")
        for seed in range(1, num_seeds + 1)
    ]
    return ExperimentResult(DESCRIPTION, FACTS, ORIGIN, tuple(records))


def _record(name: RunName) -> RunRecord:
    rng = np.random.default_rng([name.seed, len(name.frontend), len(name.condition)])
    mean = _MEANS.get((name.frontend, name.condition), 0.9 if name.frontend == "oracle" else 0.4)
    score = float(mean + rng.normal(0.0, 0.01))
    level = np.random.default_rng(0).normal(0.0, 0.1, _NUM_ITEMS)
    items = score + level - level.mean() + rng.normal(0.0, 0.02, _NUM_ITEMS)
    record = RunRecord(
        name,
        {"cc_norm": score, "error": 10.0 - 5.0 * score},
        num_frontend_parameters={"leaf": 238, "biomimetic": 69}.get(name.frontend, 0),
        num_readout_parameters=0 if name.frontend == "oracle" else 36771,
        duration_s=12.5,
        items={"cc_norm": tuple(items.tolist())},
    )
    if name.frontend in ("mel", "oracle"):
        return record
    steps = np.arange(1, 21) * 50
    curve = [
        CurvePoint(
            int(step), float(np.exp(-step / 300) + 0.2 + rng.normal(0, 0.01)), score - float(np.exp(-step / 200))
        )
        for step in steps
    ]
    return dataclasses.replace(record, curve=tuple(curve), learned=_learned(name, rng))


def _learned(name: RunName, rng: np.random.Generator) -> tuple[LearnedParameter, ...]:
    tau = LearnedParameter("time constant", "s", "leaky integration", 1e-3, 0.2, (0.008,), (0.02 * rng.uniform(1, 2),))
    if name.frontend == "biomimetic":
        return (tau,)
    centre = np.geomspace(60.0, 7800.0, 40)
    moved = np.clip(centre * np.exp(rng.normal(0.0, 0.1, 40)), 60.0, 8000.0)
    exponent = np.clip(0.96 + rng.normal(0.0, 0.1, 40), 0.05, 1.0)
    return (
        tau,
        LearnedParameter(
            "centre frequency", "Hz", "of each filter", 60.0, 8000.0, tuple(centre), tuple(moved), is_log=True
        ),
        LearnedParameter(
            "exponent", "", "of <i>PCEN</i>", 0.05, 1.0, (0.96,) * 40, tuple(exponent.tolist()), is_log=True
        ),
    )


def example_sheets() -> tuple[Sheet, ...]:
    """Receptive fields, filters, and filters in modulation space."""
    time, octave = Axis("time before the response", "ms"), Axis("frequency", "Hz", is_log=True)
    rng = np.random.default_rng(3)
    lag, place = np.arange(0.0, 45.0, 5.0), np.geomspace(500.0, 22000.0, 34)
    fields = []
    for index in range(8):
        best = rng.uniform(8, 26)
        along = np.exp(-((lag - 15.0) ** 2) / 60) - 0.7 * np.exp(-((lag - 30.0) ** 2) / 120)
        across = np.exp(-((np.arange(34) - best) ** 2) / 8)
        fields.append(
            Image(f"unit {index + 1}", time, octave, lag, place, across[:, None] * along[None, :], is_signed=True)
        )
    frequency = np.geomspace(50.0, 8000.0, 200)
    curves = np.stack([-20 * np.abs(np.log2(frequency / hz)) for hz in (200.0, 800.0, 3200.0)])
    before = np.column_stack([rng.uniform(-30, 30, 40), rng.uniform(0, 4, 40)])
    return (
        Sheet(
            "receptive-fields",
            "Receptive fields",
            "Bright: more sound there raises the response.",
            "Eight receptive fields, each with an early excitatory and a later inhibitory region.",
            tuple(fields),
            has_shared_scale=True,
        ),
        Sheet(
            "filters",
            "Filters",
            "Three of them.",
            "Three filters at 200, 800 and 3,200 Hz.",
            (
                Lines("before", octave, Axis("gain", "dB"), frequency, curves, ("200 Hz", "800 Hz", "3.2 kHz")),
                Lines("after", octave, Axis("gain", "dB"), frequency, curves * 0.8),
            ),
        ),
        Sheet(
            "modulation-space",
            "Modulation space",
            "Positive rates move down.",
            "Forty filters moved a little towards slow rates.",
            (
                Moves("leaf", Axis("rate", "Hz"), Axis("scale", "cycles/octave"), before, before * 0.8),
                Moves("biomimetic", Axis("rate", "Hz"), Axis("scale", "cycles/octave"), before, before * 0.6),
            ),
        ),
    )
