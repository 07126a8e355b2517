"""Every table and rule of audiology that results depend on, in the order of a listing."""

import difflib
from collections.abc import Sequence

from hearfit.audiology.age_norms import AGE_NORM_STANDARDS
from hearfit.audiology.air_bone_gap import AIR_BONE_GAP_STANDARD
from hearfit.audiology.asymmetry import ASYMMETRY_STANDARD
from hearfit.audiology.averages import AVERAGE_STANDARD
from hearfit.audiology.bisgaard import BISGAARD_STANDARD
from hearfit.audiology.change.change_standards import CHANGE_STANDARDS
from hearfit.audiology.configuration import CONFIGURATION_STANDARD, NOTCH_STANDARD
from hearfit.audiology.grades import CLARK_STANDARD, WHO_STANDARD
from hearfit.audiology.reference_gains import GAIN_STANDARDS
from hearfit.audiology.retspl import RETSPL_STANDARDS
from hearfit.audiology.standard import Standard
from hearfit.errors import InputError

STANDARDS: tuple[Standard, ...] = (
    *RETSPL_STANDARDS,
    AVERAGE_STANDARD,
    WHO_STANDARD,
    CLARK_STANDARD,
    BISGAARD_STANDARD,
    CONFIGURATION_STANDARD,
    NOTCH_STANDARD,
    ASYMMETRY_STANDARD,
    AIR_BONE_GAP_STANDARD,
    *AGE_NORM_STANDARDS,
    *GAIN_STANDARDS,
    *CHANGE_STANDARDS,
)


def standard_named(name: str, standards: Sequence[Standard] = STANDARDS) -> Standard:
    """The table of this name (any case), or the only one whose name begins so.

    Raises:
        InputError: there is none, or several begin so.
    """
    wanted = name.casefold()
    begins = [standard for standard in standards if standard.name.startswith(wanted)]
    exact = [standard for standard in begins if standard.name == wanted]
    if exact or (wanted and len(begins) == 1):
        return (exact or begins)[0]
    names = [standard.name for standard in standards]
    if begins and wanted:
        hint = f"Several begin so: {', '.join(standard.name for standard in begins)}."
    else:
        near = difflib.get_close_matches(wanted, names, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(names)}."
    raise InputError(f"{name!r} is not the name of a table. {hint}")
