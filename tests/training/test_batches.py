"""The order of the items: every epoch a permutation, from seed and step alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.training.batches import BatchOrder

orders = st.builds(BatchOrder, st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**32))


@given(orders)
def test_every_epoch_is_a_permutation(order: BatchOrder) -> None:
    num_epochs = 3
    num_steps = -(-num_epochs * order.num_items // order.batch_size)
    stream = np.concatenate([order.indices(step) for step in range(num_steps)])
    for epoch in range(num_epochs):
        items = stream[epoch * order.num_items : (epoch + 1) * order.num_items]
        assert sorted(items) == list(range(order.num_items))


@given(orders, st.integers(0, 10_000))
def test_a_step_is_the_same_whatever_was_asked_before(order: BatchOrder, step: int) -> None:
    first = order.indices(step)
    order.indices(step + 17)
    BatchOrder(order.num_items, order.batch_size, order.seed + 1).indices(step)
    again = BatchOrder(order.num_items, order.batch_size, order.seed).indices(step)
    assert first.shape == (order.batch_size,)
    np.testing.assert_array_equal(first, again)


def test_epochs_and_seeds_differ() -> None:
    first, second = (BatchOrder(50, 50, 0).indices(epoch).tolist() for epoch in (0, 1))
    assert first != second
    assert first != BatchOrder(50, 50, 1).indices(0).tolist()


@pytest.mark.parametrize("wrong", [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_nothing_to_order(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match=r"is (0|-1); allowed is [01] or more\."):
        BatchOrder(*wrong)
