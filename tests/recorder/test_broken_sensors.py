"""One sensor that cannot be decoded or timed never costs the others, and never the take."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.journals import write_example_journal

from imu_valgus.errors import InputError
from imu_valgus.io.recorded_session import read_recorded_session
from imu_valgus.model import Placement, Task
from imu_valgus.recorder import decode, session_writer
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal
from imu_valgus.recorder.journal_entries import TaskMark, event_to_json
from imu_valgus.recorder.recover import recover_recording
from imu_valgus.recorder.session_writer import write_recorded_session
from imu_valgus.sensors.packets import Decoder, DecoderRecipe

FAULTS = [
    IndexError("index -1 is out of bounds"),
    MemoryError(),
    ZeroDivisionError("division by zero"),
    RecursionError("too deep"),
    ValueError("a \udcff name"),
    KeyError("x"),
    InputError("The recording uses an unknown protocol. Install a newer imu_valgus."),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_example_journal(tmp_path / JOURNAL_FILE, duration_s=4.0)
    return tmp_path


def fail_for(index: int, fault: Exception, real: Callable, calls: list[int]) -> Callable:
    """Let the call for one sensor fail; sensors come in the order of the header."""

    def call(*arguments: object, **named: object) -> object:
        calls.append(len(calls))
        if calls[-1] == index:
            raise fault
        return real(*arguments, **named)

    return call


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("stage", ["decode_sensor", "time_samples", "parquet.write_table"])
def test_the_others_are_written_and_the_failing_one_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, stage: str, fault: Exception
) -> None:
    place, _, name = ("session_writer." + stage).rpartition(".")
    module = session_writer if place == "session_writer" else session_writer.parquet
    monkeypatch.setattr(module, name, fail_for(1, fault, getattr(module, name), []))
    summary = recover_recording(folder)
    assert [sensor.placement for sensor in summary.sensors] == [Placement.THIGH_RIGHT]
    sentence = next(note for note in summary.notes if "right shank" in note)
    assert sentence.startswith("The samples of the right shank could not be decoded (")
    assert sentence.endswith("). They are still in the journal.")
    assert (folder / JOURNAL_FILE).exists()
    log = (folder / "take.log").read_text(encoding="utf-8", errors="replace")
    assert "Traceback" in log
    assert type(fault).__name__ in log
    monkeypatch.undo()
    session = read_recorded_session(folder)
    assert set(session.recordings[0].streams) == {Placement.THIGH_RIGHT}
    assert any("right shank" in finding.message for finding in session.findings)
    # With a program that can, the sensor comes back.
    (folder / "session.toml").unlink()
    assert len(recover_recording(folder).sensors) == 2


def test_if_no_sensor_can_be_written_the_journal_is_said_to_be_safe(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise IndexError("x")

    monkeypatch.setattr(session_writer, "time_samples", fail)
    with pytest.raises(InputError, match=r"right thigh could not be decoded .* is safe: keep it"):
        recover_recording(folder)
    assert not (folder / "session.toml").exists()
    monkeypatch.undo()
    assert len(recover_recording(folder).sensors) == 2


def broken_decoder(real: Callable[[DecoderRecipe], Decoder], is_bad: Callable[[int], bool]):
    """Make decoders that fail at some packets, counted over all of them."""
    count = [0]

    def make(recipe: DecoderRecipe) -> Decoder:
        decoder = real(recipe)

        class Broken:
            def feed(self, characteristic: str, data: bytes):
                count[0] += 1
                if is_bad(count[0]):
                    raise IndexError("beyond the end")
                return decoder.feed(characteristic, data)

            def reset(self) -> None:
                decoder.reset()

        return Broken()

    return make


def test_a_packet_at_which_the_decoder_fails_costs_that_packet(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = write_recorded_session(folder, Journal.read(folder / JOURNAL_FILE))
    make = broken_decoder(decode.decoder_of, lambda number: number in {20, 30, 40})
    monkeypatch.setattr(decode, "decoder_of", make)
    with caplog.at_level(logging.ERROR):
        harmed = write_recorded_session(folder, Journal.read(folder / JOURNAL_FILE))
    assert harmed.sensors[0].received == whole.sensors[0].received - 3 * 4
    assert harmed.sensors[0].undecodable == 3
    assert harmed.sensors[1].received == whole.sensors[1].received
    sentence = (
        "3 packets of the right thigh could not be decoded (IndexError: beyond the end). They are "
        "still in the journal."
    )
    assert harmed.notes == (sentence,)
    assert caplog.text.count("Traceback") == 1


def test_a_decoder_that_fails_at_every_packet_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = broken_decoder(decode.decoder_of, lambda number: number <= 104)
    monkeypatch.setattr(decode, "decoder_of", make)
    summary = recover_recording(folder)
    assert [sensor.placement for sensor in summary.sensors] == [Placement.SHANK_RIGHT]
    assert "right thigh could not be decoded (the decoder failed at every packet" in " ".join(
        summary.notes
    )


def with_events(journal: Journal, change: Callable[[dict], dict | None]) -> Journal:
    events = (change(dict(event)) for event in journal.events)
    return replace(journal, events=tuple(event for event in events if event is not None))


def test_packets_without_a_configuration_are_not_called_silence(folder: Path) -> None:
    def lose_one(event: dict) -> dict | None:
        is_it = event["event"] == "configured" and event["sensor"] == 1
        return None if is_it else event

    journal = with_events(Journal.read(folder / JOURNAL_FILE), lose_one)
    summary = write_recorded_session(folder, journal)
    assert len(summary.sensors) == 1
    assert any("right shank could not be decoded" in note for note in summary.notes)
    assert not any("sent no samples" in note for note in summary.notes)


def test_a_protocol_of_a_newer_version_costs_only_its_sensor(folder: Path) -> None:
    def renew(event: dict) -> dict:
        if event["event"] == "configured" and event["sensor"] == 0:
            event["recipe"] = {**event["recipe"], "protocol": "of-2030"}
        return json.loads(json.dumps(event))

    journal = with_events(Journal.read(folder / JOURNAL_FILE), renew)
    summary = write_recorded_session(folder, journal)
    assert [sensor.placement for sensor in summary.sensors] == [Placement.SHANK_RIGHT]
    assert any("'of-2030'" in note for note in summary.notes)


def test_taps_that_cannot_be_compared_cost_only_the_comparison(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(session_writer, "check_taps", fail)
    journal = Journal.read(folder / JOURNAL_FILE)
    mark = TaskMark(6_000_000_000, Task.OTHER, is_tap_check=True)
    journal = replace(journal, events=(*journal.events, event_to_json(mark)))
    summary = write_recorded_session(folder, journal)
    assert summary.tap_check is None
    assert any("taps could not be compared (MemoryError" in note for note in summary.notes)
    assert len(read_recorded_session(folder).recordings[0].streams) == 2


def test_notes_that_are_no_unicode_are_written(folder: Path) -> None:
    summary = write_recorded_session(
        folder, Journal.read(folder / JOURNAL_FILE), notes=["'/tmp/\udcff' is full."]
    )
    assert summary.notes == ("'/tmp/?' is full.",)
    read_recorded_session(folder)
