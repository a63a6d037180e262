"""Recordings section: contents of each recording, with its key angles over time."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from imu_valgus.conventions import MOTIONS
from imu_valgus.model import Analysis, Joint, JointAngles, RecordingAnalysis, Side, Task
from imu_valgus.plots.angles_over_time import known_median, plot_angle_over_time
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.marks import finish_time_strip
from imu_valgus.plots.style import new_strip
from imu_valgus.plots.svg import render_svg
from imu_valgus.reports.document import Block, Figure, Figures, Group, Paragraph, Section
from imu_valgus.reports.session.curves import range_words
from imu_valgus.reports.wording import counted, enumerated, number, task_words

__all__ = ["recordings_section"]

_KEY_ANGLES = (
    (Joint.KNEE, "flexion"),
    (Joint.HIP, "internal_rotation"),
    (Joint.FEMUR, "internal_rotation"),
    (Joint.KNEE, "internal_rotation"),
)


def recordings_section(analysis: Analysis) -> Section:
    """Show knee flexion and the rotations of hip and tibia over time.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Section
        One group per recording, or a sentence if there is none.
    """
    remark = (
        "Gaps in a line: the angle is not known. Shaded: what was done, as labelled or as "
        "detected. Bars in the right margin: ± one standard uncertainty of the level (median over "
        "the recording)."
    )
    groups = [_recording_group(one, index) for index, one in enumerate(analysis.recordings)]
    if not groups:
        return Section("recordings", "Recordings", (Paragraph("There is no recording."),))
    return Section("recordings", "Recordings", (Paragraph(remark, is_small=True), *groups))


def _recording_group(recording: RecordingAnalysis, index: int) -> Group:
    panels = [
        (motion, sides)
        for joint, motion in _KEY_ANGLES
        if (sides := _known_sides(recording, joint, motion))
    ]
    blocks: list[Block] = [Paragraph(_contents(recording))]
    if panels:
        blocks.append(_strip(panels, recording, index))
    else:
        blocks.append(Paragraph("No angle of hip or knee can be given for this recording."))
    return Group(recording.name, tuple(blocks))


def _known_sides(
    recording: RecordingAnalysis, joint: Joint, motion: str
) -> tuple[JointAngles, ...]:
    known = [
        angles
        for angles in recording.angles
        if angles.joint is joint and bool(np.isfinite(angles.motion_deg(motion)).any())
    ]
    return tuple(sorted(known, key=lambda angles: angles.side))


def _contents(recording: RecordingAnalysis) -> str:
    parts = []
    if recording.angles and recording.angles[0].time_s.size > 1:
        time_s = recording.angles[0].time_s
        parts.append(f"{number(float(time_s[-1] - time_s[0]), 1)} s")
    for side in Side:
        strides = [stride for stride in recording.strides if stride.side is side]
        if strides:
            used = sum(stride.is_valid for stride in strides)
            parts.append(f"{used} of {counted(len(strides), f'{side} stride')} used")
    repetitions = Counter((done.task, done.side) for done in recording.repetitions)
    for (task, leg), n in repetitions.items():
        parts.append(f"{n} {leg + ' ' if leg else ''}{task_words(task, n)}")
    named = {span.task for span in recording.tasks} - {task for task, _ in repetitions}
    parts += [task_words(task, 1) for task in Task if task in named]
    return ", ".join(parts) + "." if parts else "No movement was found in it."


def _strip(
    panels: Sequence[tuple[str, tuple[JointAngles, ...]]], recording: RecordingAnalysis, index: int
) -> Figures:
    figure, axes = new_strip(len(panels))
    sides: set[Side] = set()
    ranges = []
    for ax, (motion, angles) in zip(axes, panels, strict=True):
        plot_angle_over_time(angles, ax, motion=motion, tasks=recording.tasks)
        sides |= {leg.side for leg in angles}
        legs = [f"{leg.side} {range_words(leg.motion_deg(motion))}" for leg in angles]
        ranges.append(f"{angle_label(angles[0].joint, motion).name}: {enumerated(legs)}")
    finish_time_strip(axes, {side: str(side) for side in Side if side in sides})
    svg = render_svg(figure, name=f"time-{index}", description=f"Over time, {'; '.join(ranges)}.")
    levels = "; ".join(_level_words(motion, angles) for motion, angles in panels)
    return Figures((Figure(svg, f"Uncertainty of the level: {levels}."),), columns=1)


def _level_words(motion: str, sides: Sequence[JointAngles]) -> str:
    name = angle_label(sides[0].joint, motion).name.lower()
    column = MOTIONS.index(motion)
    spreads = [(angles.side, known_median(angles.sd_deg[:, column])) for angles in sides]
    words = [
        f"{side} ± {number(sd, 1)}°" if math.isfinite(sd) else f"{side} not known"
        for side, sd in spreads
    ]
    return f"{name} {enumerated(words)}"
