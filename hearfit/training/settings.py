"""How a model is trained, as numbers that can be written down, compared and hashed."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hearfit.errors import InputError

Setting = str | int | float | bool | None | Sequence["Setting"] | Mapping[str, "Setting"]
Settings = Mapping[str, Setting]


@dataclass(frozen=True)
class TrainingSettings:
    """Adam (Kingma & Ba 2015), with decoupled weight decay where there is one (Loshchilov & Hutter 2019).

    Attributes:
        learning_rate: of everything that is not in the frontend.
        frontend_learning_rate: of the frontend's parameters, in their unconstrained coordinates; 0 freezes them, and
            their gradient is then not even computed.
        weight_decay: a step, times the learning rate. Never on the frontend: it would pull a bounded parameter
            towards the middle of its range, which nobody means.
        largest_gradient: Euclidean norm over all parameters to which a larger gradient is scaled; None leaves it.
        num_warm_up_steps: over which the learning rates rise linearly from near zero.
        is_cosine: after the warm-up the learning rates fall to zero at `num_steps` along half a cosine.
        steps_per_validation: from one validation to the next; the last step is always followed by one.
        patience: training stops after so many validations without a better score; None never stops early.
        seed: of the order of the items.

    Raises:
        InputError: a number outside its range; all of them at once.
    """

    learning_rate: float
    frontend_learning_rate: float
    batch_size: int
    num_steps: int
    steps_per_validation: int
    patience: int | None
    is_higher_better: bool
    seed: int
    weight_decay: float = 0.0
    largest_gradient: float | None = None
    num_warm_up_steps: int = 0
    is_cosine: bool = False

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise InputError(problems)

    def _problems(self) -> Iterator[str]:
        for name in ("learning_rate", "frontend_learning_rate", "weight_decay"):
            if not 0.0 <= (value := getattr(self, name)) < math.inf:
                yield f"The training setting {name} is {value}; allowed is a finite number from 0."
        for name in ("batch_size", "num_steps", "steps_per_validation", "patience"):
            if (value := getattr(self, name)) is not None and value < 1:
                yield f"The training setting {name} is {value}; allowed is a whole number from 1."
        if self.largest_gradient is not None and not self.largest_gradient > 0.0:
            yield f"The training setting largest_gradient is {self.largest_gradient}; allowed is a positive number."
        if not 0 <= self.num_warm_up_steps < self.num_steps:
            yield (
                f"The training setting num_warm_up_steps is {self.num_warm_up_steps}; allowed is a whole number from 0 "
                f"and below num_steps ({self.num_steps})."
            )
        if self.seed < 0:
            yield f"The training setting seed is {self.seed}; allowed is a whole number from 0."


def canonical_json(settings: Settings) -> str:
    """The same text for the same settings, whatever the order of their keys.

    Raises:
        ValueError: a number is not finite, which cannot be compared.
    """
    return json.dumps(settings, sort_keys=True, allow_nan=False, separators=(",", ":"))


def settings_hash(settings: Settings) -> str:
    """SHA-256 of the settings' canonical text, in hexadecimal."""
    return hashlib.sha256(canonical_json(settings).encode()).hexdigest()


def difference_sentence(there: Settings, here: Settings) -> str:
    """Names the settings that differ, with both values: "learning_rate is 0.1 there and 0.2 here"."""
    # As text, so that 1 and True, or a tuple and the list that was read back from a file, compare as JSON does.
    old, new = ({key: canonical_json({"": value}) for key, value in each.items()} for each in (there, here))
    keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    return "; ".join(f"{key} is {_shown(there, key)} there and {_shown(here, key)} here" for key in keys)


def _shown(settings: Settings, key: str) -> str:
    if key not in settings:
        return "absent"
    text = json.dumps(settings[key])
    return text if len(text) <= 60 else text[:57] + "..."
