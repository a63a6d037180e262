"""Asking to end: the first time it is noted, the second time it is raised."""

import signal

import pytest

from imu_valgus.cli.ending import requests_to_end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_request_is_noted_and_nothing_is_raised(number: signal.Signals) -> None:
    with requests_to_end() as is_asked_to_end:
        assert not is_asked_to_end()
        signal.raise_signal(number)
        assert is_asked_to_end()


def test_the_second_request_is_raised() -> None:
    with requests_to_end(), pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the second raises
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


def test_afterwards_everything_is_as_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(RuntimeError, match="something else"), requests_to_end():
        raise RuntimeError("something else")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_it_works_where_ctrl_c_was_ignored_from_the_start() -> None:
    """As in a job that a shell without a terminal runs in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with requests_to_end() as is_asked_to_end:
            signal.raise_signal(signal.SIGINT)
            assert is_asked_to_end()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
