"""Held-out log likelihood per trial on the four real loudness runs, five-fold (fold = trial index mod 5).

python -m tests.studies.real_runs ../shared/data
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

from hearfit.experiment.trials import Trials
from hearfit.inference.held_out import cross_validate
from hearfit.listener.normal import NORMAL, NormalEar
from hearfit.listener.parameters import DEFAULT_PRIOR, Prior
from hearfit.model_choice import NUM_FOLDS
from hearfit.protocols.loader import shipped_protocols
from hearfit.storage.trial_files import read_trials

LISTENERS = ("S015", "S051", "S052", "S053")


def real_run(data: Path, listener: str) -> Trials:
    """One listener's run."""
    path = data / "qcls_trials" / f"sub-{listener}_run-1_task-categoricalLoudness_beh.tsv"
    (trials,), _ = read_trials(
        [path], listener=None, ear=None, session=None, transducer=None, protocols=shipped_protocols()
    )
    return trials


def held_out_log_likelihood_per_trial(trials: Trials, *, prior: Prior, normal: NormalEar) -> float:
    """Mean over all trials of the log probability that the other four folds gave to the answer."""
    with jax.enable_x64(True):
        folds = cross_validate(
            trials.blocks, num_folds=NUM_FOLDS, transducer=trials.transducer, prior=prior, normal=normal
        )
    return folds.held_out.elpd / trials.num_trials


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
