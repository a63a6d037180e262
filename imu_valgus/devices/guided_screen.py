"""What the person sees while recording: sensors, step, what to do next."""

import math
from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from imu_valgus.devices.capture_log import LinkState
from imu_valgus.devices.capture_status import Notice, NoticeLevel, RecordingStatus, SensorStatus
from imu_valgus.devices.guided_session import GuideState, Phase

__all__ = ["render_screen", "render_sensors"]

_STALE_S: Final = 0.5
_LOW_RATE: Final = 0.95
_LOW_BATTERY: Final = 15.0
_FULL_BAR_DEG_S: Final = 300.0
_BAR: Final = "▁▂▃▄▅▆▇█"
_WARNING_STYLE: Final = "bold #D55E00"
_GOOD_STYLE: Final = "#0072B2"


def render_screen(
    status: RecordingStatus,
    state: GuideState,
    notices: Sequence[Notice],
    *,
    is_timed: bool,
) -> RenderableType:
    """Draw everything: the step on top, the sensors, the last sentences.

    Parameters
    ----------
    status, state
        Of recorder and guide.
    notices
        The last few, oldest first.
    is_timed
        Whether steps begin by themselves.
    """
    parts: list[RenderableType] = [_step_panel(state, is_timed=is_timed), render_sensors(status)]
    parts += [_notice(notice) for notice in notices]
    minutes, seconds = divmod(int(status.time_s), 60)
    foot = f"{minutes}:{seconds:02d}   {status.journal_bytes / 1e6:.1f} MB   Ctrl-C ends and saves"
    parts.append(Text(foot, style="dim"))
    return Group(*parts)


def _step_panel(state: GuideState, *, is_timed: bool) -> Panel:
    if state.step is None:
        return Panel(Text("Finished. Saving the recording."), title="recording")
    title = f"{state.number} of {state.count}: {state.step.title}"
    lines: list[RenderableType] = []
    if state.phase is Phase.DOING:
        left_s = max(0.0, state.step.seconds - state.elapsed_s)
        lines.append(Text(f"NOW   {state.step.words}", style="bold"))
        lines.append(
            ProgressBar(
                total=state.step.seconds,
                completed=state.elapsed_s,
                width=50,
                style="grey37",
                complete_style=_GOOD_STYLE,
                finished_style=_GOOD_STYLE,
            )
        )
        hint = "" if is_timed else "   Enter: done with it"
        lines.append(Text(f"{left_s:4.0f} s left{hint}"))
    else:
        lines.append(Text(f"GET READY   {state.step.words}", style="bold"))
        lines.append(Text("It begins by itself." if is_timed else "Press Enter to begin."))
    if state.following is not None:
        lines.append(Text(f"then: {state.following.title}", style="dim"))
    return Panel(Group(*lines), title=title, title_align="left")


def render_sensors(status: RecordingStatus) -> Table:
    """Draw the table of sensors."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, justify in (
        ("sensor", "left"),
        ("serial", "left"),
        ("link", "left"),
        ("Hz", "right"),
        ("received", "right"),
        ("gaps", "right"),
        ("battery", "right"),
        ("motion", "left"),
    ):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    for sensor in status.sensors:
        table.add_row(*_cells(sensor))
    return table


def _cells(sensor: SensorStatus) -> tuple[Text, ...]:
    share = sensor.received_share
    is_stale = sensor.state is LinkState.STREAMING and sensor.age_s > _STALE_S
    link = "no data" if is_stale else str(sensor.state)
    is_bad = is_stale or sensor.state is not LinkState.STREAMING
    is_slow = sensor.rate_hz < _LOW_RATE * sensor.nominal_rate_hz
    battery = sensor.battery_percent
    received = "not known" if share is None else f"{100.0 * share:.1f} %"
    if sensor.received == 0:
        received = "-"
    return (
        Text(sensor.sensor.placement.words),
        Text(sensor.sensor.sensor_id, style="dim"),
        Text(link, style=_WARNING_STYLE if is_bad else _GOOD_STYLE),
        Text(
            "-" if is_stale or sensor.rate_hz == 0.0 else f"{sensor.rate_hz:.0f}",
            style=_WARNING_STYLE if is_slow else "",
        ),
        Text(received, style=_WARNING_STYLE if share is not None and share < _LOW_RATE else ""),
        Text("-" if share is None else str(sensor.gaps)),
        Text(
            "-" if battery is None else f"{battery:.0f} %",
            style=_WARNING_STYLE if battery is not None and battery < _LOW_BATTERY else "",
        ),
        Text("" if is_stale else _motion_bar(sensor.motion_deg_s), style=_GOOD_STYLE),
    )


def _motion_bar(motion_deg_s: float) -> str:
    """Draw a bar of eight cells, logarithmic enough to show stillness and a swing alike."""
    if math.isnan(motion_deg_s):
        return ""
    level = min(1.0, math.sqrt(motion_deg_s / _FULL_BAR_DEG_S))
    eighths = round(level * 8 * len(_BAR))
    whole, rest = divmod(eighths, 8)
    return _BAR[-1] * whole + (_BAR[rest - 1] if rest else "")


def _notice(notice: Notice) -> Text:
    is_warning = notice.level is NoticeLevel.WARNING
    mark = "!" if is_warning else "·"
    return Text(f"{mark} {notice.sentence}", style=_WARNING_STYLE if is_warning else "dim")
