"""Kinds of values that several tables of a protocol file have, each with the sentence that says what is allowed."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hearfit.experiment.limits import FREQUENCY_LIMITS_HZ, MAX_INTERVALS

_NO_CONTROL_CHARACTERS = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]+$"
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True)]
Text = Annotated[str, Field(strict=True, max_length=4000, pattern=_NO_CONTROL_CHARACTERS)]
Frequency = Annotated[Number, Field(ge=FREQUENCY_LIMITS_HZ[0], le=FREQUENCY_LIMITS_HZ[1])]
Frequencies = Annotated[tuple[Frequency, ...], Field(min_length=1, max_length=100)]
Repetitions = Annotated[Count, Field(ge=1, le=1000)]
CatchTrials = Annotated[Count, Field(ge=0, le=1000)]
IntervalCount = Annotated[Count, Field(ge=1, le=MAX_INTERVALS)]

TEXT = "text of 1 to 4000 characters without control characters"
FREQUENCIES = "a list of 1 to 100 frequencies from 125 to 8000 Hz, ascending, each once"
REPETITIONS = "a whole number from 1 to 1000"
CATCH_TRIALS = "a whole number from 0 to 1000; 0 for forced choice"
INTERVAL_COUNT = f"a whole number from 1 (yes/no) to {MAX_INTERVALS} (forced choice)"


class Table(BaseModel):
    """A table of the file, in which nothing but what is declared may stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)
