"""Listeners whose ear is not ours, fitted with ours: are the thresholds right, and the order of compression?

    python -m tests.studies.mismatch

Two foreign ears, each with one sloping loss of which a small, a middle and a large share is of outer hair cells: that
of Kates & Arehart 2014 (tests/studies/foreign_ear.py, which shares nothing with the fitted model), and the broken-stick
cochlea of this project (another family of compression; filters, inhibition and observer are those of the fitted model).
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from hearfit.experiment.trials import TrialBlock
from hearfit.inference.derived import tone_thresholds
from hearfit.inference.held_out import most_probable, position_of
from hearfit.inference.map import MapStatus, whitened_prior
from hearfit.inference.simulate import position_from_thresholds, simulate_block
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, BROKEN_STICK, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, listener_at
from hearfit.protocols.loader import load_protocol
from tests.studies.foreign_ear import categories, foreign_ear, heard_or_not

OUTER_SHARES = (0.1, 0.5, 0.9)
TRANSDUCER = "HDA200"
LOSS_DB = np.interp(np.log2(AUDIOMETRIC_FREQUENCIES_HZ), np.log2([250.0, 1000.0, 8000.0]), [25.0, 35.0, 65.0])
REPETITIONS = 4


@dataclass(frozen=True)
class Fitted:
    """What a fit makes of a listener: threshold and exponent where they were tested, and the true threshold."""

    true_threshold_db: Float[np.ndarray, " tested"]
    threshold_db: Float[np.ndarray, " tested"]
    exponent: Float[np.ndarray, " tested"]
    is_converged: bool

    @property
    def rms_db(self) -> float:
        """Of the errors of the thresholds."""
        return float(np.sqrt(np.mean((self.threshold_db - self.true_threshold_db) ** 2)))


def of_another_paper(outer_share: float, *, seed: int, repetitions: int = REPETITIONS) -> Fitted:
    """The ear of Kates & Arehart."""
    generator = np.random.default_rng(seed)
    detection, loudness = load_protocol("pure_tone_detection"), load_protocol("categorical_loudness")
    ears = tuple(
        foreign_ear(f, loss, outer_share=outer_share)
        for f, loss in zip(AUDIOMETRIC_FREQUENCIES_HZ, LOSS_DB, strict=True)
        if f in _tested_hz()
    )
    blocks = (
        heard_or_not(detection, ears, repetitions=repetitions, generator=generator),
        categories(loudness, ears, repetitions=max(repetitions // 2, 1), generator=generator),
    )
    return _fitted(blocks, np.array([ear.threshold_db for ear in ears]))


def of_the_other_family(outer_share: float, *, seed: int) -> Fitted:
    """The broken-stick cochlea."""
    generator = np.random.default_rng(seed)
    with jax.enable_x64(True):
        position = position_from_thresholds(LOSS_DB, outer_hair_cell_share=outer_share, normal=BROKEN_STICK)
        true = np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=BROKEN_STICK))[0]
        blocks = tuple(
            simulate_block(
                load_protocol(name), position, transducer=TRANSDUCER, normal=BROKEN_STICK, generator=generator
            )
            for name in ("pure_tone_detection", "categorical_loudness")
        )
    return _fitted(blocks, true[_is_tested()])


def is_in_order(fits: list[Fitted]) -> bool:
    """Whether the mean log exponent rises with the share of outer hair cells."""
    return bool(np.all(np.diff([np.mean(np.log(fit.exponent)) for fit in fits]) > 0.0))


def _fitted(blocks: tuple[TrialBlock, ...], true_threshold_db: Float[np.ndarray, " tested"]) -> Fitted:
    with jax.enable_x64(True):
        _, estimate = most_probable(blocks, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
        position = jnp.asarray(position_of(estimate, whitened_prior(DEFAULT_PRIOR)))
        thresholds = np.asarray(tone_thresholds(position[None], normal=NORMAL))[0]
        exponent = np.asarray(listener_at(position).exponent)
    tested = _is_tested()
    return Fitted(true_threshold_db, thresholds[tested], exponent[tested], estimate.status is MapStatus.CONVERGED)


def _tested_hz() -> tuple[float, ...]:
    return tuple(load_protocol("pure_tone_detection").design.frequency_hz)


def _is_tested() -> Bool[np.ndarray, " knots"]:
    found = np.isin(np.array(AUDIOMETRIC_FREQUENCIES_HZ), _tested_hz())
    assert len(found) == NUM_KNOTS
    return found


def main() -> None:
    print("ear", "outer share", "threshold rms dB", "mean exponent", "converged", sep="\t")
    for name, fit_of in (("Kates & Arehart 2014", of_another_paper), ("broken stick", of_the_other_family)):
        fits = [fit_of(share, seed=1) for share in OUTER_SHARES]
        for share, fit in zip(OUTER_SHARES, fits, strict=True):
            mean = float(np.exp(np.mean(np.log(fit.exponent))))
            print(name, share, f"{fit.rms_db:.2f}", f"{mean:.3f}", fit.is_converged, sep="\t", flush=True)
        print(name, "order of compression", "right" if is_in_order(fits) else "WRONG", sep="\t", flush=True)


if __name__ == "__main__":
    main()
