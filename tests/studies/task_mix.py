"""Which mix of tests fixes attenuation best, and what of the listener would have to be known to fix it better.

    python -m tests.studies.task_mix [--audiogram N3] [--share 0.65]

Information of independent trials adds, so that of any mix is a weighted sum of those of its protocols as designed. The
mix of a given number of trials that makes the sum of the expected variances of attenuation at 0.5, 1, 2 and 4 kHz least
is found by Frank and Wolfe's (1956) steps, each of which moves trials to the protocol whose trials lower it most: the
criterion is convex in the weights. No other parameter has a say, so tests of what else there is get no trials.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.inference.information import PlannedSession, plan_session
from hearfit.inference.simulate import position_from_thresholds, thresholds_at_knots
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, PARAMETER_NAMES, listener_at
from hearfit.protocols.loader import load_protocol

PROTOCOLS = (
    "pure_tone_detection",
    "categorical_loudness",
    "notched_noise",
    "temporal_masking_curve",
    "intensity_discrimination",
)
TRANSDUCER = "HDA200"
TOTALS = (1500, 3000, 6000, 12000)
FREQUENCIES_HZ = (500.0, 1000.0, 2000.0, 4000.0)
NUISANCES: Mapping[str, tuple[str, ...]] = {
    "category boundaries": ("category boundary shift",),
    "recovery from forward masking and tail of tuning": ("log recovery time", "level of the tail"),
    "both": ("category boundary shift", "log recovery time", "level of the tail"),
    "lateral inhibition": ("inhibition coordinate",),
    "sensitivity, criterion and lapses": ("log sensitivity", "criterion", "lapse logit"),
}
_KNOTS = [AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in FREQUENCIES_HZ]
_NUM_STEPS = 2000


@dataclass(frozen=True)
class Mixture:
    """What any number of trials of each protocol tells of attenuation at `FREQUENCIES_HZ`.

    `information` is that of one trial of each protocol, `prior` a precision, `slope` the derivative of attenuation.
    """

    information: Float[np.ndarray, "protocols parameters parameters"]
    prior: Float[np.ndarray, "parameters parameters"]
    slope: Float[np.ndarray, "frequencies parameters"]

    def sd_db(self, trials: Float[np.ndarray, " protocols"], known: Sequence[str] = ()) -> Float[np.ndarray, " rows"]:
        """Expected SDs, if coordinates whose names begin as one of `known` were known."""
        left = [i for i, name in enumerate(PARAMETER_NAMES) if not (known and name.startswith(tuple(known)))]
        precision = self.prior + np.einsum("n,nij->ij", trials, self.information)
        covariance, slope = np.linalg.inv(precision[np.ix_(left, left)]), self.slope[:, left]
        return np.sqrt(np.einsum("fi,ij,fj->f", slope, covariance, slope))

    def best(self, num_trials: float) -> Float[np.ndarray, " protocols"]:
        """Trials of each protocol."""
        num_protocols = len(self.information)
        trials = np.full(num_protocols, num_trials / num_protocols)
        for step in range(_NUM_STEPS):
            covariance = np.linalg.inv(self.prior + np.einsum("n,nij->ij", trials, self.information))
            spread = self.slope @ covariance
            fall = np.einsum("fi,nij,fj->n", spread, self.information, spread)
            trials = trials + 2.0 / (step + 2.0) * (num_trials * np.eye(num_protocols)[int(np.argmax(fall))] - trials)
        return trials


def mixture_of(sessions: Sequence[PlannedSession]) -> Mixture:
    """Of protocols for one ear. Call under `jax.enable_x64`."""
    unwhiten = np.linalg.inv(np.linalg.cholesky(DEFAULT_PRIOR.covariance))
    slope = np.asarray(jax.jacfwd(lambda at: listener_at(at).attenuation_db)(jnp.asarray(sessions[0].position)))
    return Mixture(
        information=np.stack([unwhiten.T @ (s.fisher / s.num_trials) @ unwhiten for s in sessions]),
        prior=np.linalg.inv(DEFAULT_PRIOR.covariance),
        slope=slope[_KNOTS],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audiogram", default="N3")
    parser.add_argument("--share", type=float, default=0.65)
    arguments = parser.parse_args()
    with jax.enable_x64(True):
        position = position_from_thresholds(
            thresholds_at_knots(standard_audiogram(arguments.audiogram), Ear.LEFT),
            outer_hair_cell_share=arguments.share,
            normal=NORMAL,
        )
        sessions = [
            plan_session([load_protocol(name)], position, transducer=TRANSDUCER, prior=DEFAULT_PRIOR, normal=NORMAL)
            for name in PROTOCOLS
        ]
        print(f"{'trials of':30}" + "".join(f"{name.split('_')[0]:>13}" for name in PROTOCOLS) + "   SD of attenuation")
        mixture = mixture_of(sessions)
    print(f"{'trials of':30}" + "".join(f"{name.split('_')[0]:>13}" for name in PROTOCOLS) + "   SD of attenuation")
    designed = np.array([float(session.num_trials) for session in sessions])
    for name, trials in (("as designed", designed), *((f"best of {n}", mixture.best(n)) for n in TOTALS)):
        _tell(name, trials, mixture.sd_db(trials))
    print("as designed, if this were known of the listener:")
    for name, known in NUISANCES.items():
        _tell(f"  {name}", designed, mixture.sd_db(designed, known))


def _tell(name: str, trials: Float[np.ndarray, " protocols"], sd_db: Float[np.ndarray, " rows"]) -> None:
    numbers = "".join(f"{n:13.0f}" for n in trials)
    print(f"{name:30.30}{numbers}   " + " ".join(f"{sd:4.1f}" for sd in sd_db) + " dB")


if __name__ == "__main__":
    main()
