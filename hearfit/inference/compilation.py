"""The persistent compilation cache: the second run of the program need not compile again."""

from pathlib import Path

import jax
import platformdirs


def use_compilation_cache() -> Path | None:
    """Keeps compiled programs in the user's cache folder; None where that folder cannot be made.

    It holds programs only, nothing of any listener. Call before the first computation.
    """
    folder = platformdirs.user_cache_path("hearfit") / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # Many of the programs are small, and all of them together are what the second run would wait for.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    return folder
