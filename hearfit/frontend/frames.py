"""Merging of frames whose power does not change: a steady tone needs one frame, not a hundred."""

import numpy as np
from jaxtyping import Float

# More tolerance for each decibel that a frame lies below the loudest one.
_TOLERANCE_PER_DB_BELOW = 0.3


def merge_frames(
    terms: Float[np.ndarray, "terms frames channels"], *, frame_s: float, tolerance_db: float
) -> tuple[Float[np.ndarray, "terms merged channels"], Float[np.ndarray, " merged"]]:
    """Joins neighbouring frames while no channel that matters varies by more than the tolerance.

    That is `tolerance_db` at the level of the loudest frame, and more the further a frame lies below it: the beginning
    of a ramp and the ringing after the end are brief and soft beside the stimulus. Only what lies within 100 dB of the
    loudest frame counts. A merged frame has the mean power of its parts, so energy is kept exactly.

    Returns:
        The power terms and the duration in seconds of each merged frame.
    """
    floor = 1e-10 * terms.max(initial=0.0) + np.finfo(np.float64).tiny
    level = 10.0 * np.log10(np.abs(terms) + floor)
    loudest = level.max(axis=(0, 2))
    allowed = tolerance_db + _TOLERANCE_PER_DB_BELOW * (loudest.max() - loudest)
    num_frames = terms.shape[1]
    starts = [0]
    lowest, highest = level[:, 0].copy(), level[:, 0].copy()
    for frame in range(1, num_frames):
        new_lowest = np.minimum(lowest, level[:, frame])
        new_highest = np.maximum(highest, level[:, frame])
        if np.max(new_highest - new_lowest) <= min(allowed[frame], allowed[frame - 1]):
            lowest, highest = new_lowest, new_highest
        else:
            starts.append(frame)
            lowest, highest = level[:, frame].copy(), level[:, frame].copy()
    edges = np.array([*starts, num_frames])
    counts = np.diff(edges)
    sums = np.add.reduceat(terms, edges[:-1], axis=1)
    return sums / counts[None, :, None], counts * frame_s
