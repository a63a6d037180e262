"""A strap that slips in the middle of a session is reported, on any leg and at any time."""

from dataclasses import replace
from pathlib import Path

import pytest

from imu_valgus.io.sessions import read_session
from imu_valgus.model import Grade, Placement, Session, Severity, Side
from imu_valgus.pipeline import analyse
from imu_valgus.pipeline.prepare import prepare_recordings
from imu_valgus.simulate import protocol_session
from imu_valgus.simulate.straps import with_slipped_strap

REAL = Path(__file__).parents[2] / ".." / "shared" / "real"


@pytest.fixture(scope="module")
def clean() -> Session:
    return protocol_session(2, walk_s=16.0, with_seated=False).session


def slipped(
    session: Session, place: Placement, *, share: float, tilt_deg: float = 18.0, labels: bool = True
) -> Session:
    """Let a strap slip after that share of the session."""
    recording = session.recordings[0]
    at_s = share * recording.tasks[-1].end_s
    stream = with_slipped_strap(recording.streams[place], at_s=at_s, tilt_deg=tilt_deg)
    changed = replace(
        recording,
        streams={**recording.streams, place: stream},
        tasks=recording.tasks if labels else (),
    )
    return replace(session, recordings=(changed,))


def slipped_sensors(session: Session) -> list[Placement | None]:
    _, findings = prepare_recordings(session, fusion="vqf", rate_hz=100.0)
    return [finding.placement for finding in findings if finding.code == "strap_slipped"]


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize(
    ("place", "share", "tilt_deg"),
    [
        (Placement.THIGH_RIGHT, 0.1, 18.0),
        (Placement.SHANK_LEFT, 0.3, 30.0),
        (Placement.THIGH_LEFT, 0.6, 24.0),
        (Placement.SHANK_RIGHT, 0.9, 18.0),
        (Placement.PELVIS, 0.4, 30.0),
    ],
)
def test_a_slip_is_reported_of_the_right_sensor(clean, place, share, tilt_deg, labels):
    changed = slipped(clean, place, share=share, tilt_deg=tilt_deg, labels=labels)
    assert slipped_sensors(changed) == [place]


@pytest.mark.parametrize("labels", [True, False])
def test_a_clean_session_has_no_such_finding(clean, labels):
    recording = clean.recordings[0]
    bare = replace(recording, tasks=recording.tasks if labels else ())
    assert slipped_sensors(replace(clean, recordings=(bare,))) == []


def test_the_slipped_sensor_is_poor_and_the_score_of_its_leg_withheld(clean):
    place = Placement.THIGH_RIGHT
    # Late in the step-ups of that leg: enough of them count before.
    kept, found = analyse(clean), analyse(slipped(clean, place, share=0.55))
    assert all(frame.grade is not Grade.POOR for frame in kept.frames.values())
    assert [at for at, frame in found.frames.items() if frame.grade is Grade.POOR] == [place]
    (finding,) = [one for one in found.findings if one.code == "strap_slipped"]
    assert finding.severity is Severity.WARNING
    assert finding.message in found.frames[place].reasons
    assert kept.step_up[Side.RIGHT].score is not None
    summary = found.step_up[Side.RIGHT]
    assert summary.score is None
    assert any("its strap slipped" in reason for reason in summary.withheld)


@pytest.mark.skipif(
    not REAL.is_dir(), reason="the real recordings (../shared/real) are not on this machine"
)
@pytest.mark.parametrize("name", ["biostamp_walk", "full_body_walk", "movella_dot_knee_1"])
def test_real_donnings_have_no_such_finding(name):
    assert slipped_sensors(read_session(REAL / name)) == []
