"""Error rates of the progress verdict, at the full number of courses."""

import pytest

from imu_valgus.benchmark.progress import CourseSettings, run_progress_benchmark


@pytest.fixture(scope="module")
def found():
    """2,000 courses for each correlation and each true change."""
    return run_progress_benchmark()


def test_courses_without_change_are_called_changed_in_at_most_five_percent(found):
    assert [r.correlation for r in found.results] == [0.0, 0.2, 0.4]
    assert all(r.changed_without_change <= 0.05 for r in found.results)


def test_a_change_of_twice_the_mdc_is_seen_in_at_least_ninety_percent(found):
    assert all(r.changed_at_twice_mdc >= 0.90 for r in found.results)


def test_intervals_hold_the_truth_in_93_to_97_percent(found):
    assert 0.93 <= found.coverage <= 0.97
    # Each correlation alone: never short; without correlation a little too wide is accepted.
    assert all(0.93 <= r.coverage <= 0.98 for r in found.results)


def test_the_same_seed_gives_the_same_figures_and_another_one_others():
    few = CourseSettings(n_courses=50, correlations=(0.2,))
    one, same = run_progress_benchmark(few), run_progress_benchmark(few)
    other = run_progress_benchmark(CourseSettings(n_courses=50, correlations=(0.2,), seed=1))
    assert one == same
    assert one.results != other.results
    assert one.settings.seed == 20261122
