"""Merging of frames whose power does not change: a steady tone needs one frame, not a hundred."""

import numpy as np
from jaxtyping import Float


def merge_frames(
    terms: Float[np.ndarray, "terms frames channels"], *, frame_s: float, tolerance_db: float
) -> tuple[Float[np.ndarray, "terms merged channels"], Float[np.ndarray, " merged"]]:
    """Joins neighbouring frames while every channel that matters stays within `tolerance_db` of the joined mean.

    Only what lies within 100 dB of the loudest frame counts: the rest cannot be heard beside it. The mean power
    of a merged frame is the mean over its parts, so energy is kept exactly.

    Returns:
        The power terms and the duration in seconds of each merged frame.
    """
    floor = 1e-10 * terms.max(initial=0.0) + np.finfo(np.float64).tiny
    level = 10.0 * np.log10(np.abs(terms) + floor)
    num_frames = terms.shape[1]
    starts = [0]
    lowest, highest = level[:, 0].copy(), level[:, 0].copy()
    for frame in range(1, num_frames):
        new_lowest = np.minimum(lowest, level[:, frame])
        new_highest = np.maximum(highest, level[:, frame])
        if np.max(new_highest - new_lowest) <= tolerance_db:
            lowest, highest = new_lowest, new_highest
        else:
            starts.append(frame)
            lowest, highest = level[:, frame].copy(), level[:, frame].copy()
    edges = np.array([*starts, num_frames])
    counts = np.diff(edges)
    sums = np.add.reduceat(terms, edges[:-1], axis=1)
    return sums / counts[None, :, None], counts * frame_s
