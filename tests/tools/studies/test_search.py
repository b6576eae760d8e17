"""How studies choose: by validation accuracy after the last epoch, and with a search that is the same for everybody."""

import pytest
from made_up import scored, walk

from tools.studies.search import RATES, best, best_rate, score


def test_the_last_epoch_counts_and_a_loss_that_was_no_number_counts_nothing():
    assert score(scored(0.7, 0.4)) == 0.4
    assert score(scored()) == 0
    records = [scored(0.9, 0.1), scored(0.2, 0.3), scored(0.3), scored()]
    assert best(records, ("a", "b", "c", "d")) == "b", "the first of equals"


@pytest.mark.parametrize("peak", RATES)
@pytest.mark.parametrize("start", [0.0001, 0.01])
def test_the_search_walks_to_the_best_rate_and_tries_its_neighbours(peak, start):
    def record(rate):
        distance = abs(RATES.index(rate) - RATES.index(peak))
        # Far above the peak the loss is no number.
        return scored() if rate > peak and distance > 1 else scored(0.9 - 0.1 * distance)

    rounds, found = walk(best_rate(lambda rate: rate, start), record)
    tried = [rate for asked in rounds for rate in asked]
    assert found == peak
    assert len(tried) == len(set(tried))
    assert all(rounds), "no round is empty"
    position = RATES.index(peak)
    assert set(RATES[max(position - 1, 0) : position + 2]) <= set(tried)


@pytest.mark.parametrize("accuracies", [[0.1], []])
def test_the_search_goes_down_and_ends_when_all_are_equal(accuracies):
    rounds, found = walk(best_rate(lambda rate: rate, 0.001), lambda rate: scored(*accuracies))
    assert found == RATES[0]
    assert [rate for asked in rounds for rate in asked] == [0.0003, 0.001, 0.003, 0.0001, 0.00003]
