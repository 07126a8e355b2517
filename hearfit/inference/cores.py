"""How many processes or threads compute side by side without waiting for one another."""

import os


def available_cores() -> int:
    """The cores that this process may use, which in a container or under `taskset` are not all of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
