"""Learned parameters made constants of the design, for the condition in which a stage does not learn."""

from flax import nnx

from hearfit.frontend.module import Frozen


def freeze(module: nnx.Module) -> None:
    """Every `nnx.Param` of the module and of its parts becomes a `Frozen` variable: no gradient, nothing to update."""
    for name, part in list(vars(module).items()):
        if isinstance(part, nnx.Param):
            setattr(module, name, Frozen(part[...]))
        elif isinstance(part, nnx.Module):
            freeze(part)
