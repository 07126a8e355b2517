"""Held-out log likelihood per trial on the four real loudness runs, five-fold (fold = trial index mod 5).

python -m tests.studies.real_runs ../shared/data
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Bool

from hearfit.experiment.conditions import collapse
from hearfit.experiment.trials import TrialBlock, Trials
from hearfit.inference.data import build_fit_data
from hearfit.inference.likelihood import predict
from hearfit.inference.map import SearchSettings, find_map, whitened_prior
from hearfit.inference.start import starting_point
from hearfit.listener.normal import NORMAL, NormalEar
from hearfit.listener.parameters import DEFAULT_PRIOR, Prior
from hearfit.protocols.loader import shipped_protocols
from hearfit.storage.trial_files import read_trials

LISTENERS = ("S015", "S051", "S052", "S053")
NUM_FOLDS = 5


def real_run(data: Path, listener: str) -> Trials:
    """One listener's run."""
    path = data / "qcls_trials" / f"sub-{listener}_run-1_task-categoricalLoudness_beh.tsv"
    (trials,), _ = read_trials(
        [path], listener=None, ear=None, session=None, transducer=None, protocols=shipped_protocols()
    )
    return trials


def part_of(block: TrialBlock, chosen: Bool[np.ndarray, " trials"]) -> TrialBlock:
    """Some of the trials of a block."""
    return replace(
        block,
        trial=block.trial[chosen],
        frequency_hz=block.frequency_hz[chosen],
        level_db_hl=block.level_db_hl[chosen],
        interval_count=block.interval_count[chosen],
        is_catch=block.is_catch[chosen],
        response=block.response[chosen],
    )


def held_out_log_likelihood_per_trial(trials: Trials, *, prior: Prior, normal: NormalEar) -> float:
    """Mean over all trials of the log probability that the other four folds gave to the answer."""
    (block,) = trials.blocks
    fold = np.arange(len(block.trial)) % NUM_FOLDS
    total = 0.0
    with jax.enable_x64(True):
        whitened = whitened_prior(prior)
        for held_out in range(NUM_FOLDS):
            known, unknown = (collapse(part_of(block, chosen)) for chosen in (fold != held_out, fold == held_out))
            training, test = (
                build_fit_data([conditions], transducer=trials.transducer, normal=normal)
                for conditions in (known, unknown)
            )
            start = starting_point([known], prior, normal)
            estimate = find_map(training, whitened, normal=normal, settings=SearchSettings(), start=start)
            position = whitened.mean + whitened.factor @ estimate.whitened
            (responses,) = predict(position, test, normal=normal)
            total += float(np.sum(responses.counts * np.log(responses.probability)))
    return total / len(fold)


def cross_validated(
    data: Path, *, prior: Prior, normal: NormalEar, listeners: Sequence[str] = LISTENERS
) -> list[float]:
    """Held-out log likelihood per trial of each listener."""
    return [
        held_out_log_likelihood_per_trial(real_run(data, listener), prior=prior, normal=normal)
        for listener in listeners
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    share, boundary = DEFAULT_PRIOR.compressive_share_logit, DEFAULT_PRIOR.boundary_shift_cu
    variants: list[tuple[str, Prior, NormalEar]] = [
        ("as shipped", DEFAULT_PRIOR, NORMAL),
        ("anchor 104 dB HL", DEFAULT_PRIOR, replace(NORMAL, anchor_db_hl=104.0)),
        ("anchor 112 dB HL", DEFAULT_PRIOR, replace(NORMAL, anchor_db_hl=112.0)),
        (
            "everybody's category boundaries",
            replace(DEFAULT_PRIOR, boundary_shift_cu=replace(boundary, sd=(1e-3,) * len(boundary.sd))),
            NORMAL,
        ),
        (
            "wider shares",
            replace(DEFAULT_PRIOR, compressive_share_logit=replace(share, common_sd=1.0, smooth_sd=1.0)),
            NORMAL,
        ),
        ("larger shares", replace(DEFAULT_PRIOR, compressive_share_logit=replace(share, mean=2.0)), NORMAL),
        ("smaller shares", replace(DEFAULT_PRIOR, compressive_share_logit=replace(share, mean=0.3)), NORMAL),
        ("rougher shares", replace(DEFAULT_PRIOR, compressive_share_logit=replace(share, independent_sd=0.6)), NORMAL),
    ]
    print("variant", *LISTENERS, "mean", sep="\t")
    for name, prior, normal in variants:
        scores = cross_validated(data, prior=prior, normal=normal)
        print(name, *(f"{score:.3f}" for score in scores), f"{np.mean(scores):.4f}", sep="\t", flush=True)


if __name__ == "__main__":
    main()
