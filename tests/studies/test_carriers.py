"""The carrier study at a single frequency, against what its noise is defined by."""

import jax
import numpy as np
import pytest

from hearfit.frontend.constant_q import frequency_response
from hearfit.listener.normal import NORMAL
from tests.studies import carriers

pytestmark = pytest.mark.slow


def test_excitation_of_a_tone_has_a_closed_form() -> None:
    # Truth: without compression, the mean of a rectified sine of amplitude |H_c - H_(c+1)| sqrt(2) is that over pi.
    uncompressed = np.ones(carriers.BANK.num_channels)
    ear = carriers.FineStructure(exponent=uncompressed, attenuation_db=0.0 * uncompressed)
    tone = carriers.filtered_tone(1000.0, 2.0 * np.pi * np.arange(240) / 240.0)
    response = frequency_response(carriers.bank_filters(), np.array([1000.0]), carriers.SAMPLING_RATE_HZ)[:, 0]
    scale = 10.0 ** (-(1.0 - NORMAL.compression_exponent) * NORMAL.anchor_db_hl / 20.0)
    expected = scale * np.abs(np.diff(response)) * np.sqrt(2.0) / np.pi
    np.testing.assert_allclose(carriers.excitation(ear, tone), expected, rtol=1e-3)


def test_noise_that_equalises_thresholds_masks_to_its_level(monkeypatch: pytest.MonkeyPatch) -> None:
    # Truth: by definition of the noise a normal ear hears a tone in it at about its level within an ERB, 70 dB HL; and
    # the normal ear is calibrated to 0 dB HL in quiet.
    monkeypatch.setattr(carriers, "FREQUENCIES_HZ", (1000.0, 4000.0))
    noise = carriers.filtered_noise(np.random.default_rng(2))
    with jax.enable_x64(True):
        normal = carriers.ears()["normal"]
        correction = carriers.calibrated_correction(normal)
        fine = carriers.fine_structure_thresholds(carriers.fine_structure_ear(normal, correction), noise)
        envelope = carriers.envelope_thresholds(normal)
    for thresholds in (fine, envelope):
        np.testing.assert_allclose(thresholds.quiet, 0.0, atol=1.5)
        np.testing.assert_allclose(thresholds.noise, carriers.NOISE_DB_HL_PER_ERB, atol=4.0)
