"""Step-ups of all recordings: found, measured, scored.

Step-ups of one recording, inside its labels where it has any; doubts about labels.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.kinematics import medial_tilt_rad, sagittal_tilt_rad
from imu_valgus.model import (
    Finding,
    FloatArray,
    Joint,
    JointAngles,
    OrientationSeries,
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
from imu_valgus.rotations import compose
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
from imu_valgus.segmentation.heights import net_rise_m
from imu_valgus.segmentation.movements import SET_PAUSE_S, outside_of
from imu_valgus.segmentation.step_ups import PHASES, FoundStepUp

_LABEL_MARGIN_S = 1.0
"""A repetition may begin or end this far outside of a labelled span."""

LEAST_RISE_M = 0.01
"""A shank that is not higher by this at the top than at the start did not go up: simulated steps of
10 cm gave 2.7 cm at least, and 5 cm taken for down and up again at most -0.8 cm: own choice."""

LEAST_STEP_M = 0.08
"""On a lower step lift and straightening tip the shank alike, and repetitions are missed."""


def found_step_ups(prepared: PreparedRecording) -> tuple[FoundStepUp, ...]:
    """Find the step-ups of one recording, inside its labels where it has any.

    A label tells which leg leads, too; it is believed unless no step-up of that leg is there.
    """
    time_s = prepared.aligned.time_s
    walks = [span for span in prepared.movements if span.task is Task.WALK]
    found = tuple(
        _checked(one, prepared) for one in outside_of(prepared.step_up_candidates, time_s, walks)
    )
    labels = [span for span in prepared.aligned.tasks if span.task is Task.STEP_UP]
    if not prepared.aligned.tasks:
        return found
    others = [span for span in prepared.aligned.tasks if span.task is not Task.STEP_UP]
    inside: list[FoundStepUp] = []
    for label in labels:
        mine = [one for one in found if _is_in(one, label, time_s, margin_s=_LABEL_MARGIN_S)]
        of_side = [one for one in mine if label.side in {None, one.side}]
        inside += of_side or mine
    free = [
        one
        for one in found
        if not any(
            _is_in(one, span, time_s, margin_s=_LABEL_MARGIN_S) for span in (*labels, *others)
        )
    ]
    return tuple(sorted({*inside, *free}, key=lambda one: one.start))


def _checked(one: FoundStepUp, prepared: PreparedRecording) -> FoundStepUp:
    """Ask whether the leg is higher on the step than before: tilts do not tell up from down."""
    shank = Placement.of(Segment.SHANK, one.side)
    if not one.is_valid or shank not in prepared.ups:
        return one
    way_up = slice(one.start, one.top + 1)
    acc = prepared.aligned.streams[shank].acc[way_up]
    lift = np.sum(acc * prepared.ups[shank][way_up], axis=1) - GRAVITY_M_S2
    if not net_rise_m(lift, prepared.aligned.rate_hz) < LEAST_RISE_M:
        return one
    reason = "too shallow to tell: the leg was no higher at the top than at the start"
    return replace(one, is_valid=False, reason=reason)


def height_doubts(step_height_m: float | None) -> Iterator[Finding]:
    """Tell that a step is too low for its step-ups to be counted reliably."""
    if step_height_m is not None and step_height_m < LEAST_STEP_M:
        message = (
            f"Expected a step of at least {100.0 * LEAST_STEP_M:.0f} cm, got "
            f"{100.0 * step_height_m:.0f} cm: some repetitions are not told from standing and are "
            "missing; use a step of 10 cm."
        )
        yield Finding(Severity.WARNING, "step_too_low", message)


def label_doubts(prepared: PreparedRecording) -> Iterator[Finding]:
    """Tell where a label speaks of step-ups and none, or only of the other leg, are there."""
    time_s, found = prepared.aligned.time_s, found_step_ups(prepared)
    for label in prepared.aligned.tasks:
        if label.task is not Task.STEP_UP:
            continue
        sides = {one.side for one in found if _is_in(one, label, time_s, margin_s=_LABEL_MARGIN_S)}
        when = f"The span from {label.start_s:.0f} to {label.end_s:.0f} s is labelled as step-ups"
        if not sides:
            message = (
                f"{when}, but none was found in it: sensors on thigh and shank of the leading leg "
                "are needed, and that leg also lowers the body."
            )
            yield Finding(Severity.WARNING, "no_step_up_found", message, prepared.aligned.name)
        elif label.side is not None and label.side not in sides:
            message = f"{when} of the {label.side} leg, but the {label.side.other} one leads."
            yield Finding(Severity.WARNING, "other_leg_leads", message, prepared.aligned.name)


def _is_in(one: FoundStepUp, span: TaskSpan, time_s: FloatArray, *, margin_s: float) -> bool:
    return bool(
        span.start_s - margin_s <= time_s[one.start]
        and time_s[min(one.stop, time_s.size - 1)] <= span.end_s + margin_s
    )


_FORWARDS = np.array([1.0, 0.0, 0.0])

_MEANT_FROM = 3
"""As many step-ups of one leg are no accident; fewer in an unlabelled recording may be."""


@dataclass(frozen=True, slots=True, eq=False)
class StepUpResults:
    """Step-ups of a session: repetitions per recording, summaries per leg, what is to be told."""

    repetitions: tuple[tuple[Repetition, ...], ...]
    summaries: Mapping[Side, StepUpSummary]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    """One step-up, where it was done, and what it was measured from (None: no sensors)."""

    recording: int
    found: FoundStepUp
    motion: LegMotion | None
    span: StepUpSpan | None
    measures: StepUpMeasures | None = None
    score: float = float("nan")


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
        The person and the set-up: step height and sex enter the score.
    prepared
        Oriented sensors, one entry per recording.
    frames
        Calibration with its final grades.
    angles
        Joint angles of the same recordings.
    """
    done = [
        _Done(number, found, motion, _span(found) if found.phases else None)
        for number, (one, joints) in enumerate(zip(prepared, angles, strict=True))
        for found in found_step_ups(one)
        for motion in [_motion(one, frames, joints, found.side)]
    ]
    summaries: dict[Side, StepUpSummary] = {}
    measured: list[_Done] = []
    for side in Side:
        own = [one for one in done if one.found.side is side]
        if own:
            scored, summary = _scored(own, info, prepared, frames)
            measured += scored
            summaries[side] = summary
    repetitions = tuple(
        tuple(_numbered(_in_time(measured, number), one.aligned.time_s))
        for number, one in enumerate(prepared)
    )
    doubts = [told for one in prepared for told in label_doubts(one)]
    doubts += height_doubts(info.step_height_m) if done else ()
    is_asked_for = info.step_height_m is not None or any(
        span.task is Task.STEP_UP for one in prepared for span in one.aligned.tasks
    )
    findings = _findings(summaries, is_asked_for=is_asked_for)
    return StepUpResults(repetitions, summaries, (*findings, *doubts))


def _span(found: FoundStepUp) -> StepUpSpan:
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
    shank = _segment(prepared, frames, place)
    return LegMotion(
        side=side,
        hip=hip,
        knee=joints[Joint.KNEE],
        shank_medial_deg=np.degrees(medial_tilt_rad(shank, side=side)),
        shank_forward_deg=-np.degrees(sagittal_tilt_rad(shank)),
        shank_axis_sd_deg=float(np.degrees(np.sqrt(frames[place].covariance_rad2[1, 1]))),
        pelvis=_pelvis(prepared, frames, side) if hip.joint is Joint.HIP else None,
    )


def _segment(
    prepared: PreparedRecording, frames: Mapping[Placement, SegmentFrame], place: Placement
) -> OrientationSeries:
    series, frame = prepared.orientations[place], frames[place]
    return OrientationSeries(
        series.time_s, compose(series.to_earth, frame.sensor_to_segment.inv()), series.is_known
    )


def _pelvis(
    prepared: PreparedRecording, frames: Mapping[Placement, SegmentFrame], side: Side
) -> PelvisMotion:
    pelvis = _segment(prepared, frames, Placement.PELVIS)
    forwards = pelvis.to_earth.apply(_FORWARDS)
    # Counter-clockwise from above brings the right side forwards.
    turn = -side.sign * np.degrees(np.unwrap(np.arctan2(forwards[:, 1], forwards[:, 0])))
    drop = np.degrees(medial_tilt_rad(pelvis, side=side))
    return PelvisMotion(drop, np.where(pelvis.is_known, turn, np.nan))


def _scored(
    own: Sequence[_Done],
    info: SessionInfo,
    prepared: Sequence[PreparedRecording],
    frames: Mapping[Placement, SegmentFrame],
) -> tuple[list[_Done], StepUpSummary]:
    side = own[0].found.side
    usable = [
        (one.motion, one.span)
        for one in own
        if one.found.is_valid and one.motion is not None and one.span is not None
    ]
    matched = matched_knee_flexion_deg(usable)
    # All repetitions of a recording share one motion: it is traced once.
    traced = {id(one.motion): trace_motion(one.motion) for one in own if one.motion is not None}
    measured = [
        one
        if one.motion is None or one.span is None
        else replace(
            one,
            measures=measure_step_up(traced[id(one.motion)], one.span, matched_deg=matched),
        )
        for one in own
    ]
    sets = _sets([one for one in measured if one.found.is_valid], prepared)
    is_thigh_only = any(
        one.motion is not None and one.motion.hip.joint is Joint.FEMUR for one in own
    )
    worn = {Placement.of(segment, side) for segment in (Segment.THIGH, Segment.SHANK)}
    worn |= set() if is_thigh_only else {Placement.PELVIS}
    summary, scores = score_step_ups(
        StepUpEvidence(
            side=side,
            n_found=len(own),
            known_share=_known_share(own, prepared),
            matched_deg=matched,
            frames={place: frame for place, frame in frames.items() if place in worn},
            step_height_m=info.step_height_m,
            sex=info.sex,
            is_thigh_only=is_thigh_only,
            sets=[[one.measures for one in done if one.measures is not None] for done in sets],
        )
    )
    in_order = [one for done in sets for one in done if one.measures is not None]
    with_score = {
        (one.recording, one.found.start): float(score)
        for one, score in zip(in_order, scores, strict=True)
    }
    return [
        replace(one, score=with_score.get((one.recording, one.found.start), float("nan")))
        for one in measured
    ], summary


def _sets(done: Sequence[_Done], prepared: Sequence[PreparedRecording]) -> list[list[_Done]]:
    """Part repetitions into sets: another recording or a long pause begins a new one."""
    sets: list[list[_Done]] = []
    for one in done:
        rate_hz = prepared[one.recording].aligned.rate_hz
        last = sets[-1][-1] if sets else None
        if (
            last is not None
            and last.recording == one.recording
            and (one.found.start - last.found.stop) / rate_hz <= 2.0 * SET_PAUSE_S
        ):
            sets[-1].append(one)
        else:
            sets.append([one])
    return sets


def _known_share(own: Sequence[_Done], prepared: Sequence[PreparedRecording]) -> float:
    known = np.concatenate(
        [
            prepared[one.recording].orientations[place].is_known[one.found.start : one.found.stop]
            for one in own
            for place in prepared[one.recording].orientations
            if place.side is one.found.side or place is Placement.PELVIS
        ]
    )
    return float(known.mean())


def _in_time(done: Sequence[_Done], recording: int) -> list[_Done]:
    own = [one for one in done if one.recording == recording]
    return sorted(own, key=lambda one: one.found.start)


def _numbered(done: Sequence[_Done], time_s: FloatArray) -> list[Repetition]:
    count = dict.fromkeys(Side, 0)
    repetitions = []
    for one in done:
        found = one.found
        count[found.side] += 1
        measures = dict(one.measures.columns) if one.measures is not None else {}
        if one.measures is not None and np.isfinite(one.score):
            measures["score"] = one.score
        last = time_s.size - 1
        repetitions.append(
            Repetition(
                Task.STEP_UP,
                found.side,
                count[found.side],
                float(time_s[found.start]),
                float(time_s[found.top]),
                float(time_s[min(found.stop, last)]),
                is_valid=found.is_valid,
                reason=found.reason,
                measures=measures,
                phases={
                    name: float(time_s[at]) for name, at in zip(PHASES, found.phases, strict=False)
                },
            )
        )
    return repetitions


def _findings(
    summaries: Mapping[Side, StepUpSummary], *, is_asked_for: bool
) -> tuple[Finding, ...]:
    """Tell why there is no score; a result held back only where step-ups were meant."""
    findings: list[Finding] = []
    for side, summary in summaries.items():
        is_meant = is_asked_for or summary.n_found >= _MEANT_FROM
        severity = Severity.WITHHELD if is_meant else Severity.NOTE
        findings += [
            Finding(
                severity,
                "step_up_score_withheld",
                f"No step-up score for the {side} leg: {reason}",
            )
            for reason in summary.withheld
        ]
    return tuple(findings)
