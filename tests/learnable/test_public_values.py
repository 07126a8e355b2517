"""Numbers of the public implementations.

librosa's were printed by librosa 0.11.0 itself. Of the others, whose packages are too large or too old to install, the
formula was read in their source, evaluated in float64 with NumPy and written down here:

- google-research/leaf-audio, leaf_audio/impulse_responses.py at a0854e4, `gabor_impulse_response`:
  exp(i c t) exp(-t^2 / (2 w^2)) / (sqrt(2 pi) w), w being called fwhm there;
- google-research/leaf-audio, leaf_audio/postprocessing.py at 3619aca, `PCENLayer`: M_t = s E_t + (1 - s) M_(t-1) from
  M_(-1) = E_0, (E / (floor + M)^min(alpha, 1) + delta)^(1 / max(root, 1)) - delta^(1 / max(root, 1));
- bootphon/learnable-strf, README.md and models.py at 047b1c1, `STRFConv2d`, real and imaginary part:
  exp(-(f^2 / (sigma_x + e)^2 + t^2 / (sigma_y + e)^2) / 2) cos or sin(F (t cos gamma + f sin gamma))
  / (2 pi sigma_x sigma_y) with e = 0.001. Its positions are whole numbers for kernels of even size only, as here: with
  nine channels they are 9/8 apart.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.learnable.gabor_strf import GaborFilters
from hearfit.learnable.gabor_strf import gabor_kernel as strf_kernel
from hearfit.learnable.leaf import gabor_kernel
from hearfit.learnable.pcen import normalised


def single(*values: float) -> jax.Array:
    return jnp.asarray(values, jnp.float32)


# Centre in radians a sample, width in samples, then of each sample the real and the imaginary part.
LEAF_GABOR = [
    (0.5, 10.0, {
        0: (3.989422804e-02, 0.0), 1: (3.483586336e-02, 1.903091889e-02), -7: (-2.924122840e-02, 1.095334426e-02),
        20: (-4.530228283e-03, -2.937222558e-03),
    }),
    (2.0, 3.0, {
        0: (1.329807601e-01, 0.0), 2: (-6.960171700e-02, -8.058634923e-02), -5: (-2.782281165e-02, 1.803922118e-02),
        9: (9.754745183e-04, -1.109420546e-03),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("centre", "width", "expected"), LEAF_GABOR)
def test_gabor_filters_are_those_of_leaf_audio(
    centre: float, width: float, expected: dict[int, tuple[float, float]]
) -> None:
    kernel = np.asarray(gabor_kernel(single(centre), single(width), 41))[:, 0]
    for sample, value in expected.items():
        np.testing.assert_allclose(kernel[:, 20 + sample], value, rtol=1e-5, atol=1e-8)


# Energies, then exponent of the gain, offset, root, smoothing, least power, and what comes out.
PCEN = [
    # leaf-audio, whose root is one over ours.
    ((4.0, 9.0, 1.0), (0.96, 2.0, 1.0 / 2.0, 0.04), (3.342193894e-01, 6.520543100e-01, 8.903867038e-02)),
    ((0.5, 200.0, 3.0), (0.8, 10.0, 1.0 / 4.0, 0.3), (3.749909723e-02, 2.677531402e-01, 6.527193490e-03)),
    # librosa.pcen(energies, gain, bias, power, b, eps=1e-6), whose average begins at 1 as ours does where the sound so
    # begins.
    ((1.0, 4.0, 0.25), (0.98, 2.0, 0.5, 0.025), (3.178369623e-01, 9.787579653e-01, 8.156659908e-02)),
    (
        (1.0, 50.0, 0.01, 7.0),
        (0.6, 10.0, 0.25, 0.2),
        (4.288085196e-02, 3.872768357e-01, 1.218784082e-04, 8.154742484e-02),
    ),
]


@pytest.mark.parametrize(("energies", "numbers", "expected"), PCEN)
def test_pcen_is_that_of_leaf_audio_and_librosa(
    energies: tuple[float, ...], numbers: tuple[float, float, float, float], expected: tuple[float, ...]
) -> None:
    gain_exponent, offset, root, smoothing = (single(number) for number in numbers)
    found = normalised(
        single(*energies)[None, :, None],
        gain_exponent=gain_exponent,
        offset=offset,
        root=root,
        smoothing=smoothing,
        least_power=1e-6,
    )
    # In single precision what is left of a small energy beside the offset has an error of 1e-6.
    np.testing.assert_allclose(found[0, :, 0], expected, rtol=1e-5, atol=1e-6)


# sigma_x (of channels), sigma_y (of frames), gamma, F, then by channel and frame the real and the imaginary part.
STRF = [
    (3.0, 5.0, 0.6, 0.8, {
        (0, 0): (1.061032954e-02, 0.0), (1, 2): (-1.854058908e-03, 9.078515798e-03),
        (-3, 4): (1.313881045e-03, 4.486865658e-03), (4, -2): (3.562035864e-03, 1.883138106e-03),
    }),
    (2.0, 7.95, -2.1, 0.4, {
        (0, 1): (9.729089766e-03, -1.991826102e-03), (2, -3): (5.636600576e-03, -4.788612095e-04),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("sigma_x", "sigma_y", "gamma", "modulation", "expected"), STRF)
def test_receptive_fields_are_those_of_learnable_strf(
    sigma_x: float,
    sigma_y: float,
    gamma: float,
    modulation: float,
    expected: dict[tuple[int, int], tuple[float, float]],
) -> None:
    """Ours at widths 0.001 larger, and as much larger as these make the area: theirs adds it in the exponent alone."""
    widths = (sigma_y + 1e-3, sigma_x + 1e-3)
    filters = GaborFilters(single(widths[0]), single(widths[1]), single(gamma), single(modulation))
    kernel = np.asarray(strf_kernel(filters, half_frames=4, half_channels=4))[0]
    area = widths[0] * widths[1] / (sigma_x * sigma_y)
    for (channel, frame), value in expected.items():
        found = area * kernel[4 + frame, 4 + channel]
        np.testing.assert_allclose([found.real, found.imag], value, rtol=1e-5, atol=1e-8)
