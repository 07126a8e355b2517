"""What is said of yes/no answers and their catch trials."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from hearfit.experiment.conditions import Conditions, collapse
from hearfit.experiment.protocol import Protocol
from hearfit.inference.diagnostics import warnings_of
from hearfit.inference.simulate import normal_position, planned_block
from hearfit.listener.normal import NORMAL
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import TRANSDUCER, detection

pytestmark = pytest.mark.usefixtures("float64")


def session(protocol: Protocol, *, false_alarms: int = 0) -> Conditions:
    """Every signal is heard, or every second one; so many catch trials are answered with yes."""
    block = planned_block(
        protocol, normal_position(NORMAL), transducer=TRANSDUCER, normal=NORMAL, generator=np.random.default_rng(0)
    )
    response = np.arange(len(block.trial)) % 2
    response[np.flatnonzero(block.is_catch)] = np.arange(np.sum(block.is_catch)) < false_alarms
    return collapse(replace(block, response=response))


def louder(*, catch_trials: int, interval_count: int = 1) -> Protocol:
    """One standard of one frequency, so that there are as many catch trials as asked for."""
    protocol = load_protocol("intensity_discrimination")
    design = replace(
        protocol.design,
        frequency_hz=(1000.0,),
        levels_db_hl=(60.0,),
        catch_trials=catch_trials,
        interval_count=interval_count,
    )
    return replace(protocol, design=design)


def told(group: Conditions) -> str:
    return " ".join(warnings_of([group], TRANSDUCER))


def test_words_fit_the_task() -> None:
    # Truth: the protocols. Of tones a listener says that they were heard, of a difference that there was one.
    tones = told(session(detection((1000.0,), catch_trials=0)))
    assert "the criterion for “heard” is the prior's, and thresholds shift with it." in tones
    differences = told(session(louder(catch_trials=0)))
    assert "the criterion for “yes” is the prior's, and the smallest differences that are heard shift" in differences
    assert "5 of 5 catch trials were answered “yes”." in told(session(louder(catch_trials=5), false_alarms=5))
    tones = told(session(detection((1000.0,), catch_trials=5), false_alarms=5))
    assert "5 of 5 catch trials were answered “heard”." in tones
    assert "“heard”" not in differences


@pytest.mark.parametrize(
    "protocol", [detection((1000.0,), catch_trials=0, interval_count=2), louder(catch_trials=0, interval_count=2)]
)
def test_a_forced_choice_has_no_criterion(protocol: Protocol) -> None:
    assert told(session(protocol)) == ""


@pytest.mark.parametrize("catch_trials", [1, 2, 4, 12])
def test_false_alarms_are_told_where_chance_does_not_explain_them(catch_trials: int) -> None:
    # Truth: SciPy's one-sided binomial test against 30 %. One false alarm in one catch trial says nothing.
    for false_alarms in range(catch_trials + 1):
        is_many = binomtest(false_alarms, catch_trials, 0.3, alternative="greater").pvalue < 0.01
        sentences = told(session(detection((1000.0,), catch_trials=catch_trials), false_alarms=false_alarms))
        assert ("misunderstood" in sentences) == is_many
        assert catch_trials != 1 or sentences == ""
        assert false_alarms < 4 or false_alarms < catch_trials or is_many
