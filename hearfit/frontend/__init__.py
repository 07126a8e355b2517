"""The auditory frontend: stages as plain functions, and modules for a training loop.

The names below are loaded when they are first used: Flax takes longer to import than most commands take to run.
"""

from importlib import import_module

_HOME = {
    "CochleaAndCortex": "cortex_module",
    "ConstantQDesign": "constant_q",
    "Cortex": "cortex_module",
    "CortexDesign": "cortex_parameters",
    "EnvelopeFrontend": "module",
    "FineStructureFrontend": "module",
    "FrameSampling": "frame_integration",
    "PAPER_CORTEX": "cortex_parameters",
    "listener": "presets",
    "log_spaced_filters": "cortex_parameters",
    "narrowed": "presets",
    "paper": "presets",
    "parameter_table": "bounded_parameters",
    "random_filters": "cortex_parameters",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'hearfit.frontend' has no attribute {name!r}")
    module = import_module(f"hearfit.frontend.{_HOME[name]}")
    return getattr(module, name)
