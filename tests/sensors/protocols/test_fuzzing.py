"""Damaged and random notifications give samples or a DecodeError in bounded memory.

``IMU_VALGUS_FUZZ_INPUTS=200000`` runs the long version.
"""

import os

import numpy as np
import pytest
from support.fuzz_cases import fuzz_cases
from support.fuzzing import fuzz_decoder

from imu_valgus.errors import DecodeError
from imu_valgus.sensors.catalogue import DECODERS, decoder_of

INPUTS = int(os.environ.get("IMU_VALGUS_FUZZ_INPUTS", "10000"))
"""Number for each case; every mode of a decoder is a case."""
LARGEST_STATE_BYTES = 1024
LARGEST_STATE_BYTES_OF_POLAR = 8192
"""Up to two seconds of accelerometer and gyroscope wait for each other."""
FEWEST_BYTES_PER_SAMPLE = 12

CASES = fuzz_cases()
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@every_case
def test_damage_gives_samples_or_a_refusal_and_holds_no_memory(case):
    decoder = decoder_of(case.recipe)
    result = fuzz_decoder(decoder, case.valid, inputs=INPUTS, seed=20261122)
    assert result.samples > 0
    assert result.refusals > 0
    is_polar = case.name == "polar"
    most = LARGEST_STATE_BYTES_OF_POLAR if is_polar else LARGEST_STATE_BYTES
    assert result.largest_state_bytes < most
    assert result.samples * FEWEST_BYTES_PER_SAMPLE <= result.input_bytes


@every_case
def test_after_damage_and_a_reset_a_valid_stream_decodes_as_before(case):
    fresh, used = decoder_of(case.recipe), decoder_of(case.recipe)
    fuzz_decoder(used, case.valid, inputs=300, seed=7)
    used.reset()
    expected = [block for uuid, data in case.valid for block in fresh.feed(uuid, data)]
    found = [block for uuid, data in case.valid for block in used.feed(uuid, data)]
    assert sum(map(len, expected)) >= 60
    assert len(found) == len(expected)
    for block, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(block.acc, other.acc)
        np.testing.assert_array_equal(block.gyr, other.gyr)


@every_case
def test_other_characteristics_hold_no_samples(case):
    assert decoder_of(case.recipe).feed("00002a19-0000-1000-8000-00805f9b34fb", b"\x01") == ()


@every_case
def test_an_empty_notification_is_refused_or_empty(case):
    try:
        assert decoder_of(case.recipe).feed(case.valid[0][0], b"") == ()
    except DecodeError as error:
        assert " 0 bytes" in str(error)  # noqa: PT017 - both outcomes are right


def test_the_same_seed_gives_the_same_damage():
    first, second = (
        fuzz_decoder(decoder_of(CASES[0].recipe), CASES[0].valid, inputs=500, seed=seed)
        for seed in (5, 5)
    )
    assert first == second


def test_every_protocol_of_the_catalogue_is_fuzzed():
    assert {case.recipe.protocol for case in CASES} == set(DECODERS)
