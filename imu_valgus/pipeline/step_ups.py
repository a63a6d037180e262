"""Find, measure and score the step-ups of a session, and report doubtful labels and steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imu_valgus.kinematics import medial_tilt_rad, sagittal_tilt_rad
from imu_valgus.model import (
    Finding,
    FloatArray,
    Joint,
    JointAngles,
    Placement,
    Repetition,
    Segment,
    SegmentFrame,
    SessionInfo,
    Severity,
    Side,
    StepUpSummary,
    Task,
    TaskSpan,
)
from imu_valgus.pipeline.prepare import PreparedRecording
from imu_valgus.pipeline.segments import segment_of
from imu_valgus.scores.step_up_measures import (
    LegMotion,
    PelvisMotion,
    StepUpMeasures,
    StepUpSpan,
    matched_knee_flexion_deg,
    measure_step_up,
    trace_motion,
)
from imu_valgus.scores.step_up_score import StepUpEvidence, score_step_ups
from imu_valgus.segmentation.movements import SET_PAUSE_S, outside_of
from imu_valgus.segmentation.step_ups import PHASES, FoundStepUp
from imu_valgus.signals.series import net_rise_m

LEAST_RISE_M = 0.01
"""Minimum rise of the shank from the start to the top of a step-up; our own choice. Simulated steps
of 10 cm gave at least 2.7 cm; stepping down and up again on 5 cm gave at most -0.8 cm."""

LEAST_STEP_M = 0.08
"""On a lower step, lifting and straightening tip the shank alike, and repetitions are missed."""

_LABEL_MARGIN_S = 1.0
"""A repetition may begin or end this far outside of a labelled span."""

_MEANT_FROM = 3
"""This many step-ups of one leg are done on purpose; fewer without a label may be chance."""

_FORWARDS = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True, slots=True, eq=False)
class StepUpResults:
    """Step-ups of a session.

    Parameters
    ----------
    repetitions
        Repetitions of each recording, in order of time.
    summaries
        Score and its parts by leading leg.
    findings
        Scores that are withheld, doubtful labels, and a step that is too low.
    """

    repetitions: tuple[tuple[Repetition, ...], ...]
    summaries: Mapping[Side, StepUpSummary]
    findings: tuple[Finding, ...]


def found_step_ups(prepared: PreparedRecording) -> tuple[FoundStepUp, ...]:
    """Find the step-ups of one recording, in agreement with its labels.

    A step-up inside a span labelled as something else is dropped. Inside a span labelled as
    step-ups of one leg, only that leg's step-ups are kept, unless there are none.

    Parameters
    ----------
    prepared
        The recording.

    Returns
    -------
    tuple of FoundStepUp
        In order of time.
    """
    time_s, labels = prepared.aligned.time_s, prepared.aligned.tasks
    walks = [span for span in prepared.movements if span.task is Task.WALK]
    found = tuple(
        _checked(step_up, prepared)
        for step_up in outside_of(prepared.step_up_candidates, time_s, walks)
    )
    if not labels:
        return found
    kept = [
        step_up for step_up in found if not any(_is_in(step_up, span, time_s) for span in labels)
    ]
    for label in labels:
        if label.task is Task.STEP_UP:
            inside = [step_up for step_up in found if _is_in(step_up, label, time_s)]
            of_side = [step_up for step_up in inside if label.side in {None, step_up.side}]
            kept += of_side or inside
    return tuple(sorted(set(kept), key=lambda step_up: step_up.start))


def step_ups_of_session(
    info: SessionInfo,
    prepared: Sequence[PreparedRecording],
    frames: Mapping[Placement, SegmentFrame],
    angles: Sequence[Sequence[JointAngles]],
) -> StepUpResults:
    """Find, measure and score the step-ups of a session.

    Parameters
    ----------
    info
        The person and the set-up; step height and sex enter the score.
    prepared
        Oriented sensors, one entry per recording.
    frames
        Sensor-to-segment calibration with its final grades.
    angles
        Joint angles of the same recordings.

    Returns
    -------
    StepUpResults
        Repetitions in the order of the recordings; a summary for each leg that led.
    """
    step_ups: list[_StepUp] = []
    for number, (recording, joints) in enumerate(zip(prepared, angles, strict=True)):
        found = found_step_ups(recording)
        motions = {
            side: _motion(recording, frames, joints, side)
            for side in {step_up.side for step_up in found}
        }
        step_ups += [
            _StepUp(number, step_up, motions[step_up.side], _span(step_up)) for step_up in found
        ]
    summaries: dict[Side, StepUpSummary] = {}
    scored: list[_StepUp] = []
    for side in Side:
        of_leg = [step_up for step_up in step_ups if step_up.found.side is side]
        if of_leg:
            scored_of_leg, summaries[side] = _scored(of_leg, info, prepared, frames)
            scored += scored_of_leg
    repetitions = tuple(
        tuple(
            _repetitions(
                [step_up for step_up in scored if step_up.recording == number],
                recording.aligned.time_s,
            )
        )
        for number, recording in enumerate(prepared)
    )
    is_asked_for = info.step_height_m is not None or any(
        span.task is Task.STEP_UP for recording in prepared for span in recording.aligned.tasks
    )
    findings = [
        *_withheld(summaries, is_asked_for=is_asked_for),
        *(finding for recording in prepared for finding in _label_doubts(recording)),
        *(_height_doubts(info.step_height_m) if step_ups else ()),
    ]
    return StepUpResults(repetitions, summaries, tuple(findings))


@dataclass(frozen=True, slots=True, eq=False)
class _StepUp:
    """One step-up, the number of its recording, and the motion it is measured from, if any."""

    recording: int
    found: FoundStepUp
    motion: LegMotion | None
    span: StepUpSpan | None
    measures: StepUpMeasures | None = None
    score: float = float("nan")


def _checked(step_up: FoundStepUp, prepared: PreparedRecording) -> FoundStepUp:
    """Mark as not valid unless the leg is higher on the step; tilts do not tell up from down."""
    shank = Placement.of(Segment.SHANK, step_up.side)
    if not step_up.is_valid or shank not in prepared.ups:
        return step_up
    lift = prepared.lift_m_s2(shank)[step_up.start : step_up.top + 1]
    if not net_rise_m(lift, prepared.aligned.rate_hz) < LEAST_RISE_M:
        return step_up
    reason = "too shallow to tell: the leg was no higher at the top than at the start"
    return replace(step_up, is_valid=False, reason=reason)


def _is_in(step_up: FoundStepUp, span: TaskSpan, time_s: FloatArray) -> bool:
    return bool(
        span.start_s - _LABEL_MARGIN_S <= time_s[step_up.start]
        and time_s[min(step_up.stop, time_s.size - 1)] <= span.end_s + _LABEL_MARGIN_S
    )


def _span(found: FoundStepUp) -> StepUpSpan | None:
    if not found.phases:
        return None
    _lift, placed, _rise, top, lower, bottom = found.phases
    return StepUpSpan(found.start, found.stop, placed, top, lower, bottom)


def _motion(
    prepared: PreparedRecording,
    frames: Mapping[Placement, SegmentFrame],
    angles: Sequence[JointAngles],
    side: Side,
) -> LegMotion | None:
    joints = {joint.joint: joint for joint in angles if joint.side is side}
    hip = joints.get(Joint.HIP, joints.get(Joint.FEMUR))
    place = Placement.of(Segment.SHANK, side)
    if hip is None or Joint.KNEE not in joints or place not in frames:
        return None
    shank = segment_of(prepared.orientations[place], frames[place])
    return LegMotion(
        side=side,
        hip=hip,
        knee=joints[Joint.KNEE],
        shank_medial_deg=np.degrees(medial_tilt_rad(shank, side=side)),
        shank_forward_deg=-np.degrees(sagittal_tilt_rad(shank)),
        shank_axis_sd_deg=float(np.degrees(np.sqrt(frames[place].covariance_rad2[1, 1]))),
        pelvis=_pelvis(prepared, frames, side) if hip.joint is Joint.HIP else None,
    )


def _pelvis(
    prepared: PreparedRecording, frames: Mapping[Placement, SegmentFrame], side: Side
) -> PelvisMotion:
    pelvis = segment_of(prepared.orientations[Placement.PELVIS], frames[Placement.PELVIS])
    forwards = pelvis.to_earth.apply(_FORWARDS)
    # Counter-clockwise from above brings the right side forwards.
    turn = -side.sign * np.degrees(np.unwrap(np.arctan2(forwards[:, 1], forwards[:, 0])))
    drop = np.degrees(medial_tilt_rad(pelvis, side=side))
    return PelvisMotion(drop, np.where(pelvis.is_known, turn, np.nan))


def _scored(
    step_ups: Sequence[_StepUp],
    info: SessionInfo,
    prepared: Sequence[PreparedRecording],
    frames: Mapping[Placement, SegmentFrame],
) -> tuple[list[_StepUp], StepUpSummary]:
    """Measure and score the step-ups of one leading leg."""
    side = step_ups[0].found.side
    matched = matched_knee_flexion_deg(
        [
            (step_up.motion, step_up.span)
            for step_up in step_ups
            if step_up.found.is_valid and step_up.motion and step_up.span
        ]
    )
    # All repetitions of a recording share one motion, so it is traced once.
    motions = {step_up.recording: step_up.motion for step_up in step_ups if step_up.motion}
    traced = {number: trace_motion(motion) for number, motion in motions.items()}
    measured = [
        replace(
            step_up,
            measures=measure_step_up(traced[step_up.recording], step_up.span, matched_deg=matched),
        )
        if step_up.motion and step_up.span
        else step_up
        for step_up in step_ups
    ]
    sets = _sets([step_up for step_up in measured if step_up.found.is_valid], prepared)
    is_thigh_only = any(
        step_up.motion and step_up.motion.hip.joint is Joint.FEMUR for step_up in step_ups
    )
    worn = {Placement.of(segment, side) for segment in (Segment.THIGH, Segment.SHANK)}
    worn |= set() if is_thigh_only else {Placement.PELVIS}
    summary, scores = score_step_ups(
        StepUpEvidence(
            side=side,
            n_found=len(step_ups),
            known_share=_known_share(step_ups, prepared),
            matched_deg=matched,
            frames={place: frame for place, frame in frames.items() if place in worn},
            step_height_m=info.step_height_m,
            sex=info.sex,
            is_thigh_only=is_thigh_only,
            sets=[
                [step_up.measures for step_up in part if step_up.measures is not None]
                for part in sets
            ],
        )
    )
    in_order = [step_up for part in sets for step_up in part if step_up.measures is not None]
    score_at = {
        (step_up.recording, step_up.found.start): float(score)
        for step_up, score in zip(in_order, scores, strict=True)
    }
    nan = float("nan")
    return [
        replace(step_up, score=score_at.get((step_up.recording, step_up.found.start), nan))
        for step_up in measured
    ], summary


def _sets(
    step_ups: Sequence[_StepUp], prepared: Sequence[PreparedRecording]
) -> list[list[_StepUp]]:
    """Split repetitions into sets: another recording or a long pause begins a new one."""
    sets: list[list[_StepUp]] = []
    for step_up in step_ups:
        rate_hz = prepared[step_up.recording].aligned.rate_hz
        last = sets[-1][-1] if sets else None
        if (
            last is not None
            and last.recording == step_up.recording
            and (step_up.found.start - last.found.stop) / rate_hz <= 2.0 * SET_PAUSE_S
        ):
            sets[-1].append(step_up)
        else:
            sets.append([step_up])
    return sets


def _known_share(step_ups: Sequence[_StepUp], prepared: Sequence[PreparedRecording]) -> float:
    known = np.concatenate(
        [
            series.is_known[step_up.found.start : step_up.found.stop]
            for step_up in step_ups
            for place, series in prepared[step_up.recording].orientations.items()
            if place.side is step_up.found.side or place is Placement.PELVIS
        ]
    )
    return float(known.mean())


def _repetitions(step_ups: Sequence[_StepUp], time_s: FloatArray) -> Iterator[Repetition]:
    """Give the step-ups of one recording in order of time, numbered for each leg separately."""
    count = dict.fromkeys(Side, 0)
    for step_up in sorted(step_ups, key=lambda step_up: step_up.found.start):
        found = step_up.found
        count[found.side] += 1
        measures = dict(step_up.measures.columns) if step_up.measures is not None else {}
        if step_up.measures is not None and np.isfinite(step_up.score):
            measures["score"] = step_up.score
        yield Repetition(
            Task.STEP_UP,
            found.side,
            count[found.side],
            float(time_s[found.start]),
            float(time_s[found.top]),
            float(time_s[min(found.stop, time_s.size - 1)]),
            is_valid=found.is_valid,
            reason=found.reason,
            measures=measures,
            phases={
                name: float(time_s[at]) for name, at in zip(PHASES, found.phases, strict=False)
            },
        )


def _withheld(summaries: Mapping[Side, StepUpSummary], *, is_asked_for: bool) -> Iterator[Finding]:
    """Report why there is no score; a mere note where step-ups may not have been intended."""
    for side, summary in summaries.items():
        is_meant = is_asked_for or summary.n_found >= _MEANT_FROM
        severity = Severity.WITHHELD if is_meant else Severity.NOTE
        for reason in summary.withheld:
            message = f"No step-up score for the {side} leg: {reason}"
            yield Finding(severity, "step_up_score_withheld", message)


def _label_doubts(prepared: PreparedRecording) -> Iterator[Finding]:
    """Report labelled spans without step-ups, or with step-ups of the other leg only."""
    time_s, found = prepared.aligned.time_s, found_step_ups(prepared)
    for label in prepared.aligned.tasks:
        if label.task is not Task.STEP_UP:
            continue
        sides = {step_up.side for step_up in found if _is_in(step_up, label, time_s)}
        when = f"The span from {label.start_s:.0f} to {label.end_s:.0f} s is labelled as step-ups"
        if not sides:
            message = (
                f"{when}, but none was found in it. Wear sensors on thigh and shank of the leading "
                "leg, and lower the body with that leg too."
            )
            yield Finding(Severity.WARNING, "no_step_up_found", message, prepared.aligned.name)
        elif label.side is not None and label.side not in sides:
            message = f"{when} of the {label.side} leg, but the {label.side.other} leg leads."
            yield Finding(Severity.WARNING, "other_leg_leads", message, prepared.aligned.name)


def _height_doubts(step_height_m: float | None) -> Iterator[Finding]:
    if step_height_m is not None and step_height_m < LEAST_STEP_M:
        message = (
            f"The step is {100.0 * step_height_m:.0f} cm high; counting needs at least "
            f"{100.0 * LEAST_STEP_M:.0f} cm. Some repetitions look like standing and are missing. "
            "Use a step of 10 cm."
        )
        yield Finding(Severity.WARNING, "step_too_low", message)
