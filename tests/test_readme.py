"""The example in the README runs as it stands."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.slow
@pytest.mark.skipif(not README.is_file(), reason="an installed wheel has no README beside its tests")
def test_example_of_a_training_loop_runs(capsys: pytest.CaptureFixture[str]) -> None:
    import jax

    # A reader's session has JAX's own settings, not the strict ones of these tests.
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        exec(compile(code, str(README), "exec"), {})
    header, scale, rate = capsys.readouterr().out.strip().splitlines()
    assert header.startswith("parameter")
    assert scale.startswith("scale")
    assert rate.startswith("rate")
    # Something was learned.
    assert not re.search(r"  0  +0 of 40", scale + rate)
