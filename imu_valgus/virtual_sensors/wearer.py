"""A simulated person who wears virtual sensors and does what a protocol asks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imu_valgus.model import FloatArray, Placement, SensorStream, SessionInfo, Side, Task, TaskSpan
from imu_valgus.model.protocol import ProtocolStep
from imu_valgus.simulate import (
    DEMO_PLACEMENTS,
    LegSwing,
    Movement,
    SeatedHipRotation,
    SeatedKneeExtension,
    SensorSettings,
    SimulationSettings,
    Sitting,
    Squat,
    Standing,
    StepUp,
    Turn,
    Walk,
    random_person,
    simulate_session,
)

__all__ = ["Wearer", "WornMotion", "simulate_wearer"]

_Repeatable = Squat | SeatedKneeExtension | SeatedHipRotation | StepUp

_REST_S: Final = 1.5
"""Before the script begins and after its end, the person stands as in its first and last 1.5 s."""
_STEP_HEIGHT_M: Final = 0.10
_SHORTEST_WALK_S: Final = 4.0
_STRAIGHT_S: Final = 20.0
_LEG_SWING_S: Final = 2.5
_TAPS_S: Final = (-1.13, 0.04, 0.97)
"""Times of the taps from the middle of a tap check; people do not tap on a beat."""
_TAP_WIDTH_S: Final = 0.03
_TAP_M_S2: Final = 60.0
"""Peak of a tap with the hand, after the low-pass filter of a motion sensor."""
_SENSOR: Final = SensorSettings(rate_hz=200.0, bits=0)
"""Finer than any virtual device samples, and not quantised, because the device does that."""


class WornMotion:
    """Motion of one worn sensor; a `Motion`.

    Parameters
    ----------
    stream
        Simulated samples of the whole script.
    taps_s
        Times at which the sensor is tapped, on the clock of the stream.
    """

    def __init__(self, stream: SensorStream, taps_s: Sequence[float] = ()) -> None:
        self.begin_s: float | None = None
        self._time_s = stream.time_s - stream.time_s[0]
        self._values = np.hstack([_tapped(stream, taps_s), stream.gyr])

    def at(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return specific force and angular velocity at times of the virtual world."""
        end_s = float(self._time_s[-1])
        since_s = -1.0 - time_s if self.begin_s is None else time_s - self.begin_s
        # Outside the script the person sways to and fro through its first or last moments.
        before = _to_and_fro(since_s)
        after = end_s - _to_and_fro(since_s - end_s)
        script_s = np.where(since_s < 0, before, np.where(since_s > end_s, after, since_s))
        # Interpolated by hand: numpy's interp would read the whole script for every packet.
        lower = np.searchsorted(self._time_s, script_s, side="right") - 1
        lower = np.clip(lower, 0, self._time_s.size - 2)
        step_s = self._time_s[lower + 1] - self._time_s[lower]
        share = np.clip((script_s - self._time_s[lower]) / step_s, 0.0, 1.0)[:, None]
        values = (1.0 - share) * self._values[lower] + share * self._values[lower + 1]
        return values[:, :3], values[:, 3:]


def _tapped(stream: SensorStream, taps_s: Sequence[float]) -> FloatArray:
    """Add half-sine shocks along gravity to the specific force."""
    phase = (stream.time_s[:, None] - np.array(taps_s)[None, :]) / _TAP_WIDTH_S + 0.5
    shock = _TAP_M_S2 * np.where((phase > 0) & (phase < 1), np.sin(np.pi * phase), 0.0).sum(axis=1)
    up = stream.acc / np.linalg.norm(stream.acc, axis=1, keepdims=True)
    acc: FloatArray = stream.acc + shock[:, None] * up
    return acc


def _to_and_fro(seconds: FloatArray) -> FloatArray:
    return _REST_S - np.abs(np.mod(seconds, 2.0 * _REST_S) - _REST_S)


@dataclass(frozen=True, slots=True, eq=False)
class Wearer:
    """A simulated person, ready to begin.

    Parameters
    ----------
    motions
        Motion of the sensor at each placement.
    tasks
        What the person will do when, in seconds after the beginning.
    duration_s
        Length of the script in seconds.
    info
        Description of the person.
    """

    motions: Mapping[Placement, WornMotion]
    tasks: tuple[TaskSpan, ...]
    duration_s: float
    info: SessionInfo

    def begin(self, now_s: float) -> None:
        """Let the script begin at a time of the virtual world."""
        for motion in self.motions.values():
            motion.begin_s = now_s


def simulate_wearer(
    steps: Sequence[ProtocolStep],
    *,
    placements: Sequence[Placement] = DEMO_PLACEMENTS,
    seed: int = 1,
) -> Wearer:
    """Simulate a person who goes through a protocol.

    Parameters
    ----------
    steps
        Steps of the protocol. A step lasts about as long as it asks for, in whole repetitions. The
        person stands still where the simulation lacks a movement.
    placements
        Where sensors are worn.
    seed
        The same seed gives the same person and movement.

    Returns
    -------
    Wearer
        The person, ready to begin.
    """
    script = [
        _standing(step) if step.is_tap_check else _MOVEMENTS.get(step.task, _standing)(step)
        for step in steps
    ]
    settings = SimulationSettings(placements=placements, sensors=_SENSOR)
    simulated = simulate_session(
        random_person(seed), {"recording": script}, seed=seed, settings=settings
    )
    recording = simulated.session.recordings[0]
    duration_s = max(float(stream.time_s[-1]) for stream in recording.streams.values())
    tapped = [task for step, task in zip(steps, recording.tasks, strict=True) if step.is_tap_check]
    moments = tuple(
        0.5 * (task.start_s + task.end_s) + after for task in tapped for after in _TAPS_S
    )
    return Wearer(
        motions={place: WornMotion(stream, moments) for place, stream in recording.streams.items()},
        tasks=recording.tasks,
        duration_s=duration_s,
        info=simulated.session.info,
    )


def _standing(step: ProtocolStep) -> Movement:
    return Standing(step.seconds)


def _side(step: ProtocolStep) -> Side:
    return step.side or Side.RIGHT


def _count(step: ProtocolStep, seconds_each: float) -> int:
    return max(1, round(step.seconds / seconds_each))


def _repeated(step: ProtocolStep, movement: _Repeatable) -> Movement:
    """Repeat a movement as often as fits the step."""
    seconds_each = movement.repetition_s + movement.pause_s
    return replace(movement, count=_count(step, seconds_each))


def _walk(step: ProtocolStep) -> Movement:
    """Walk to and fro, with a half turn every twenty seconds."""
    seconds = max(step.seconds, _SHORTEST_WALK_S)
    moments = np.arange(_STRAIGHT_S, seconds - 0.3 * _STRAIGHT_S, _STRAIGHT_S)
    return Walk(duration_s=seconds, turns=tuple(Turn(at_s=float(at)) for at in moments))


_MOVEMENTS: Final[Mapping[Task, Callable[[ProtocolStep], Movement]]] = {
    Task.STANDING: _standing,
    Task.SIT: lambda step: Sitting(step.seconds),
    Task.SQUAT: lambda step: _repeated(step, Squat()),
    Task.SEATED_KNEE_EXTENSION: lambda step: _repeated(step, SeatedKneeExtension(_side(step))),
    Task.SEATED_HIP_ROTATION: lambda step: _repeated(step, SeatedHipRotation(_side(step))),
    Task.LEG_SWING: lambda step: LegSwing(_side(step), _count(step, _LEG_SWING_S)),
    Task.WALK: _walk,
    Task.STEP_UP: lambda step: _repeated(
        step, StepUp(side=_side(step), step_height_m=_STEP_HEIGHT_M)
    ),
}
