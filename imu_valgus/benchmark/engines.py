"""Comparison of the fusion engines on simulated people with known truth.

``python -m imu_valgus.benchmark.engines`` prints the table of ``docs/fusion.md``.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from imu_valgus.calibration.gyro_bias import estimate_gyro_bias, remove_gyro_bias
from imu_valgus.model import FloatArray, Placement, SensorStream, Side, Span
from imu_valgus.orientation import ENGINES, estimate_orientation
from imu_valgus.rotations import compose
from imu_valgus.signals.align import align_recording
from imu_valgus.signals.stillness import find_still_spans
from imu_valgus.simulate import (
    Movement,
    SimulatedSession,
    SimulationSettings,
    SoftTissue,
    SoftTissueLevel,
    Squat,
    Standing,
    StepUp,
    Turn,
    Walk,
    random_person,
    simulate_session,
)

THIGH, SHANK = Placement.THIGH_RIGHT, Placement.SHANK_RIGHT

SCRIPTS: Mapping[str, Sequence[Movement]] = {
    "walk": (
        Standing(8.0),
        Walk(duration_s=90.0, turns=(Turn(at_s=30.0), Turn(at_s=60.0))),
        Standing(6.0),
    ),
    "squats": (Standing(8.0), Squat(count=8), Standing(6.0)),
    "step-ups": (Standing(8.0), StepUp(side=Side.RIGHT, count=10), Standing(6.0)),
}
"""Movement between two static trials, by name of the recording."""


@dataclass(frozen=True, slots=True)
class EngineResult:
    """Accuracy and cost of one engine in one movement, over all people.

    Parameters
    ----------
    engine, movement
        Name of the engine and of the movement.
    tilt_rms_deg
        Root mean square angle between the true and the estimated vertical, thigh and shank. The
        simulated accelerometer bias (0.08 m/s² per axis, 0.66 deg) is part of it.
    drift_deg_min
        Root mean square over people of the change of thigh-shank heading error between the first
        and the last static trial, per minute.
    cpu_s_per_hour
        CPU seconds per hour of one sensor at 100 Hz.
    """

    engine: str
    movement: str
    tilt_rms_deg: float
    drift_deg_min: float
    cpu_s_per_hour: float


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    movement: str
    trials: tuple[Span, ...]
    streams: Mapping[Placement, SensorStream]
    truth: Mapping[Placement, Rotation]


def compare_engines(
    seeds: Iterable[int], *, engines: Sequence[str] = tuple(ENGINES)
) -> tuple[EngineResult, ...]:
    """Compare engines on simulated walking, squats and step-ups.

    The gyroscope bias found in the static trials is removed first. The skin does not move, because
    soft tissue errors have nothing to do with the engine.

    Parameters
    ----------
    seeds
        Seeds of the people and of their sensors.
    engines
        Names of engines in `ENGINES`.

    Returns
    -------
    tuple of EngineResult
        Results by movement, then engine.
    """
    cases = [case for seed in seeds for case in _cases(seed)]
    return tuple(
        _result(engine, movement, [case for case in cases if case.movement == movement])
        for movement in SCRIPTS
        for engine in engines
    )


def _cases(seed: int) -> Iterator[_Case]:
    settings = SimulationSettings(
        placements=(THIGH, SHANK), soft_tissue=SoftTissue(level=SoftTissueLevel.NONE)
    )
    simulated = simulate_session(random_person(seed), SCRIPTS, seed=seed, settings=settings)
    recordings = [align_recording(recording)[0] for recording in simulated.session.recordings]
    stills = {recording.name: find_still_spans(recording) for recording in recordings}
    bias, _ = estimate_gyro_bias(recordings, stills)
    for recording in recordings:
        yield _Case(
            recording.name,
            stills[recording.name],
            {
                placement: remove_gyro_bias(stream, bias[recording.name][placement])
                for placement, stream in recording.streams.items()
            },
            {
                placement: _sensor_truth(simulated, recording.name, placement, recording.time_s)
                for placement in recording.streams
            },
        )


def _sensor_truth(
    simulated: SimulatedSession, recording: str, placement: Placement, time_s: FloatArray
) -> Rotation:
    bone = simulated.truth[recording].orientations[placement]
    inside = np.clip(time_s, bone.time_s[0], bone.time_s[-1])
    sensor_to_segment = simulated.mountings[placement].sensor_to_segment
    return compose(Slerp(bone.time_s, bone.to_earth)(inside), sensor_to_segment)


def _result(engine: str, movement: str, cases: Sequence[_Case]) -> EngineResult:
    squares, drifts = [], []
    spent_s, recorded_s = 0.0, 0.0
    for case in cases:
        heading = {}
        for placement, stream in case.streams.items():
            start_s = time.process_time()
            found = estimate_orientation(stream, engine=engine).to_earth
            spent_s += time.process_time() - start_s
            recorded_s += len(stream) / stream.rate_hz
            squares.append(np.mean(_tilt_error_rad(found, case.truth[placement]) ** 2))
            heading[placement] = _heading_error_rad(found, case.truth[placement])
        relative = np.unwrap(heading[THIGH] - heading[SHANK])
        first, last = case.trials[0], case.trials[-1]
        change = relative[last.slice].mean() - relative[first.slice].mean()
        minutes = (last.middle - first.middle) / stream.rate_hz / 60.0
        drifts.append(change / minutes)
    return EngineResult(
        engine,
        movement,
        tilt_rms_deg=float(np.rad2deg(np.sqrt(np.mean(squares)))),
        drift_deg_min=float(np.rad2deg(np.sqrt(np.mean(np.square(drifts))))),
        cpu_s_per_hour=spent_s / recorded_s * 3600.0,
    )


def _tilt_error_rad(found: Rotation, truth: Rotation) -> FloatArray:
    up = np.array([0.0, 0.0, 1.0])
    estimated_up, true_up = found.inv().apply(up), truth.inv().apply(up)
    sine = np.linalg.norm(np.cross(estimated_up, true_up), axis=1)
    return np.asarray(np.arctan2(sine, (estimated_up * true_up).sum(axis=1)))


def _heading_error_rad(found: Rotation, truth: Rotation) -> FloatArray:
    quaternion = compose(found, truth.inv()).as_quat()
    return np.unwrap(2.0 * np.arctan2(quaternion[:, 2], quaternion[:, 3]))


def speed_of_engines(*, minutes: float = 10.0, sensors: int = 5) -> dict[str, float]:
    """Measure CPU seconds of each engine from arrays to orientations at 100 Hz.

    Parameters
    ----------
    minutes
        Length of the synthetic swing in minutes.
    sensors
        Number of sensors.

    Returns
    -------
    dict of str to float
        CPU seconds over all sensors by name of the engine.
    """
    n = round(minutes * 6000)
    time_s = np.arange(n) / 100.0
    swing = 0.5 * np.sin(2 * np.pi * 0.9 * time_s)
    acc = 9.81 * np.column_stack([-np.sin(swing), np.zeros(n), np.cos(swing)])
    gyr = np.column_stack([np.zeros(n), np.gradient(swing, 0.01), np.zeros(n)])
    streams = [SensorStream(time_s, acc, gyr) for _ in range(sensors)]
    spent: dict[str, float] = {}
    for engine in ENGINES:
        start_s = time.process_time()
        for stream in streams:
            estimate_orientation(stream, engine=engine)
        spent[engine] = time.process_time() - start_s
    return spent


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the comparison, and with ``--speed`` the CPU time of 10 minutes of 5 sensors.

    Parameters
    ----------
    arguments
        Arguments of the command line; None takes those of the process.
    """
    parser = argparse.ArgumentParser(
        description="Print the comparison, and with ``--speed`` the CPU time of 10 minutes of 5 "
        "sensors."
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 13)))
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--speed", action="store_true")
    chosen = parser.parse_args(arguments)
    write = sys.stdout.write
    if chosen.speed:
        spent = speed_of_engines()
        write(json.dumps(spent) + "\n" if chosen.as_json else _speed_text(spent))
        return
    results = compare_engines(chosen.seeds)
    if chosen.as_json:
        write(json.dumps({"seeds": chosen.seeds, "results": [asdict(r) for r in results]}) + "\n")
        return
    write(f"{len(chosen.seeds)} simulated people, seeds {' '.join(map(str, chosen.seeds))}\n")
    write(f"{'movement':10} {'engine':14} {'tilt °':>7} {'drift °/min':>12} {'CPU s/h':>8}\n")
    for r in results:
        write(f"{r.movement:10} {r.engine:14} {r.tilt_rms_deg:7.2f} {r.drift_deg_min:12.1f} ")
        write(f"{r.cpu_s_per_hour:8.1f}\n")


def _speed_text(spent: Mapping[str, float]) -> str:
    madgwick_s = spent["ahrs-madgwick"]
    return "".join(
        f"{engine:14} {spent_s:7.2f} s CPU, {madgwick_s / spent_s:6.1f} times as fast as "
        "ahrs-madgwick\n"
        for engine, spent_s in spent.items()
    )


if __name__ == "__main__":
    main()
