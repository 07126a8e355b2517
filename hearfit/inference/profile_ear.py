"""The ear of a fitted profile on the channels of the model: what lets the same ear hear any sound."""

import jax.numpy as jnp

from hearfit.errors import InputError
from hearfit.frontend.cochlea import EarParameters, cochlea_of
from hearfit.inference.ear_coordinates import channel_coordinates, ear_on_channels
from hearfit.listener.normal import NORMAL, NormalEar
from hearfit.listener.parameters import PARAMETER_NAMES
from hearfit.listener.profile import Profile


def ear_of_profile(profile: Profile, *, normal: NormalEar = NORMAL) -> EarParameters:
    """The most probable ear of a profile, for `hearfit.frontend.listener` with the same constants.

    Raises:
        InputError: the profile was made by another set of parameters.
    """
    if profile.posterior.names != PARAMETER_NAMES:
        raise InputError(
            "The profile was fitted with other parameters than this version of hearfit has. Fit it again with "
            "`hearfit fit`."
        )
    return ear_on_channels(channel_coordinates(jnp.array(profile.posterior.mode), cochlea_of(normal)))
