"""What a planned session would pin down: the posterior to be expected before anybody has answered.

Answers enter the precision of a Laplace posterior only through their expected (Fisher) information, which follows from
the design and the ear alone: no answer has to be simulated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.linalg import solve_triangular

from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.protocol import Protocol
from hearfit.inference.data import build_fit_data
from hearfit.inference.laplace import LaplacePosterior, posterior_about
from hearfit.inference.likelihood import evaluate
from hearfit.inference.map import whitened_prior
from hearfit.inference.simulate import planned_block
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import Prior

# The order of trials does not matter to the information.
_ORDER_SEED = 0


@dataclass(frozen=True)
class PlannedSession:
    """A session that nobody has done yet, for one ear.

    `fisher` is the information of one session in whitened coordinates, in which the prior's is the unit matrix.
    """

    position: Float[np.ndarray, " parameters"]
    conditions: tuple[Conditions, ...]
    fisher: Float[np.ndarray, "parameters parameters"]
    prior: Prior

    @property
    def num_trials(self) -> int:
        """Trials of one session, with catch trials."""
        return int(sum(group.counts.sum() for group in self.conditions))

    def sds_along(
        self, directions: Float[np.ndarray, "*quantities parameters"], *, sessions: float
    ) -> Float[np.ndarray, "*quantities"]:
        """SDs, by the delta method, of quantities with these derivatives after this many such sessions.

        For many lengths: in the axes of the information the posterior precision is 1 + sessions * information.
        """
        information, axes = self._axes
        whitened = directions @ np.linalg.cholesky(self.prior.covariance) @ axes
        return np.asarray(np.sqrt(np.sum(whitened**2 / (1.0 + sessions * information), axis=-1)))

    @cached_property
    def _axes(self) -> tuple[Float[np.ndarray, " parameters"], Float[np.ndarray, "parameters parameters"]]:
        """Information along each of its axes, and the axes as columns, in whitened coordinates."""
        information, axes = np.linalg.eigh(self.fisher)
        # Rounding makes some that are nothing less than nothing.
        return np.maximum(information, 0.0), axes

    def posterior(self, *, sessions: float = 1.0) -> LaplacePosterior:
        """Posterior to be expected after this many such sessions; a fraction is a shorter session of the same mix."""
        return posterior_about(self.position, sessions * self.fisher, self.prior)


def plan_session(
    protocols: Sequence[Protocol],
    position: Float[np.ndarray, " parameters"],
    *,
    transducer: str | None,
    prior: Prior,
    normal: NormalEar,
) -> PlannedSession:
    """The information that one session of these protocols would give about this ear. Call under `jax.enable_x64`."""
    generator = np.random.default_rng(_ORDER_SEED)
    conditions = tuple(
        collapse(planned_block(protocol, position, transducer=transducer, normal=normal, generator=generator))
        for protocol in protocols
    )
    whitened = whitened_prior(prior)
    at_ear = solve_triangular(whitened.factor, position - whitened.mean, lower=True)
    data = build_fit_data(conditions, transducer=transducer, normal=normal)
    return PlannedSession(position, conditions, evaluate(at_ear, whitened, data, normal=normal).fisher, prior)
