"""Random answers and inattention move a profile by less than its uncertainty (`python -m tests.studies.lapses`)."""

import numpy as np
import pytest

from tests.inference.sessions import TESTED_HZ
from tests.studies.lapses import DRIFT, RANDOM, shifts_sd

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize("failing", [RANDOM, DRIFT])
def test_careless_answers_move_the_profile_by_less_than_its_sd(failing: str) -> None:
    # Truth: the same session without the careless answers, on the same random numbers.
    threshold, exponent = shifts_sd(failing, seed=61, frequency_hz=TESTED_HZ)
    assert np.abs(threshold).max() < 1.0
    assert np.abs(exponent).max() < 1.0
