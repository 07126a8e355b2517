"""The delta method against moments of transformed draws."""

import numpy as np

from hearfit.inference.delta_method import delta_correlation, delta_sd, delta_variance


def test_linear_quantities_have_the_moments_of_their_draws() -> None:
    # Truth: NumPy's moments of linear functions of the draws whose covariance is given, which is exact.
    generator = np.random.default_rng(0)
    draws = generator.standard_normal((50, 6)) @ generator.standard_normal((6, 6))
    covariance = np.cov(draws.T)
    directions = generator.standard_normal((4, 6))
    values = draws @ directions.T
    np.testing.assert_allclose(delta_variance(directions, covariance), values.var(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(delta_correlation(directions, covariance), np.corrcoef(values.T), rtol=1e-10)
    np.testing.assert_allclose(
        delta_sd(directions.reshape(2, 2, 6), covariance), values.std(axis=0, ddof=1).reshape(2, 2), rtol=1e-12
    )
    np.testing.assert_allclose(delta_sd(directions[0], covariance), values[:, 0].std(ddof=1), rtol=1e-12)


def test_a_slightly_curved_quantity_is_nearly_linear() -> None:
    # Truth: 400,000 draws of exp(x) of a coordinate with an SD of 1 %, whose SD they know to a third of a percent.
    sd = 0.01
    draws = np.exp(2.0 + sd * np.random.default_rng(1).standard_normal(400_000))
    found = delta_sd(np.array([np.exp(2.0)]), np.array([[sd**2]]))
    np.testing.assert_allclose(found, draws.std(), rtol=5e-3)
