"""Whether two sessions look as if the ears of one of them had been swapped."""

from collections.abc import Mapping
from typing import Final

from scipy.special import chdtri

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import Quantity, differences
from hearfit.change.retest import BETWEEN_SESSIONS
from hearfit.listener.profile import Profile

# Twice the log of the ratio of likelihoods, here of 150 to 1 against the session as it is labelled.
_FAR_BETTER: Final = 10.0
# Probability of larger sums of squares with the ears as they are labelled, retest between sessions included.
_RARE: Final = 0.01


def swapped_ears(before: Mapping[Ear, Profile], after: Mapping[Ear, Profile], *, session: str) -> str | None:
    """A sentence where left against right explains two sessions far better than each ear against itself.

    Compared are sums over measured thresholds of squared differences over their variance, that of retest between
    sessions included.
    """
    if len(before) < len(Ear) or len(after) < len(Ear):
        return None
    same = [*_squares(before[Ear.LEFT], after[Ear.LEFT]), *_squares(before[Ear.RIGHT], after[Ear.RIGHT])]
    crossed = [*_squares(before[Ear.LEFT], after[Ear.RIGHT]), *_squares(before[Ear.RIGHT], after[Ear.LEFT])]
    if not same or len(crossed) < len(same):
        return None
    # Two ears that are alike fit either way by chance: something must need an explanation in the first place.
    is_unlikely = sum(same) > chdtri(len(same), _RARE)
    if not is_unlikely or sum(same) - sum(crossed) < _FAR_BETTER:
        return None
    return (
        f"Were the ears swapped in {session}, or in the session it is compared with? The thresholds change far less "
        "when left and right of one of them are exchanged. Check which earphone was on which ear before anything is "
        "read into these changes."
    )


def _squares(before: Profile, after: Profile) -> list[float]:
    retest = BETWEEN_SESSIONS.difference_sd_db(1) ** 2
    return [
        row.difference.mean**2 / (row.difference.sd**2 + retest)
        for row in differences(before, after)
        if row.quantity is Quantity.THRESHOLD and len(row.frequencies_hz) == 1 and row.not_measured is None
    ]
