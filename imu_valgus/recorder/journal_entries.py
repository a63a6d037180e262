"""What the journal says beside the packets: who was there, what happened, what was done.

Everything a recovery needs is in the journal itself, and said more than once: the recorder repeats
metadata and configurations every few seconds, so that no single damaged byte loses a sensor.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, cast

from imu_valgus.errors import InputError
from imu_valgus.model import Placement, SessionInfo, Side, Task
from imu_valgus.sensors.packets import DecoderRecipe, LossAccounting, RecipeValue

__all__ = [
    "LinkChange",
    "LinkState",
    "PlannedSensor",
    "RecordingHeader",
    "SensorConfigured",
    "TaskMark",
    "WallClock",
    "event_from_json",
    "event_to_json",
]

JsonObject = Mapping[str, object]


class LinkState(StrEnum):
    """Where a sensor's state machine stands."""

    IDLE = "idle"
    CONNECTING = "connecting"
    CONFIGURING = "configuring"
    READY = "ready"
    STREAMING = "streaming"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PlannedSensor:
    """A sensor of a recording as known before it starts."""

    placement: Placement
    sensor_id: str


@dataclass(frozen=True, slots=True)
class RecordingHeader:
    """What is known when a recording starts.

    Parameters
    ----------
    software_version
        Of imu_valgus.
    start_ns
        Host clock at the start; time 0 of the recording.
    sensors
        Packets and events name them by index.
    info
        The person and the set-up.
    """

    software_version: str
    start_ns: int
    sensors: tuple[PlannedSensor, ...]
    info: SessionInfo

    def to_json(self) -> JsonObject:
        """Make the journal's metadata."""
        info = asdict(self.info)
        if self.info.recorded_at is not None:
            info["recorded_at"] = self.info.recorded_at.isoformat()
        return {
            "software_version": self.software_version,
            "start_ns": self.start_ns,
            "sensors": [asdict(sensor) for sensor in self.sensors],
            "info": info,
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read the journal's metadata.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is not what `to_json` writes.
        """
        sensors = cast("list[dict[str, str]]", value["sensors"])
        info = dict(cast("dict[str, str]", value["info"]))
        recorded_at = info.pop("recorded_at")
        return cls(
            str(value["software_version"]),
            int(cast("int", value["start_ns"])),
            tuple(PlannedSensor(Placement(s["placement"]), s["sensor_id"]) for s in sensors),
            SessionInfo(
                recorded_at=datetime.fromisoformat(recorded_at) if recorded_at else None,
                **info,  # type: ignore[arg-type]  # numbers and words as they were written
            ),
        )


@dataclass(frozen=True, slots=True)
class SensorConfigured:
    """A sensor is set up; holds all that decoding its packets needs.

    Parameters
    ----------
    t_ns
        Host clock.
    sensor
        Index.
    connection
        Number of the connection, from 0; a decoder starts anew with each.
    characteristics
        UUIDs by channel number of the packets.
    recipe
        Of the decoder.
    nominal_rate_hz, loss_accounting
        As the driver says.
    model, firmware
        In words; empty where not told.
    """

    t_ns: int
    sensor: int
    connection: int
    characteristics: tuple[str, ...]
    recipe: DecoderRecipe
    nominal_rate_hz: float
    loss_accounting: LossAccounting
    model: str
    firmware: str


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A sensor's state changed; `reason` in words, empty where nothing went wrong."""

    t_ns: int
    sensor: int
    state: LinkState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TaskMark:
    """A task begins; the one before ends. `task` None: nothing labelled from now on.

    `is_tap_check`: all sensors are tapped together, to compare their clocks.
    """

    t_ns: int
    task: Task | None
    side: Side | None = None
    is_tap_check: bool = False


@dataclass(frozen=True, slots=True)
class WallClock:
    """Host clock and time of day at one moment."""

    t_ns: int
    unix_ns: int


Event = SensorConfigured | LinkChange | TaskMark | WallClock

_KIND: Final = "event"


def event_to_json(event: Event) -> JsonObject:
    """Make what goes into the journal."""
    if isinstance(event, SensorConfigured):
        values = {name: getattr(event, name) for name in SensorConfigured.__slots__}
        return {_KIND: "configured", **values, "recipe": event.recipe.as_mapping()}
    return {_KIND: _NAMES[type(event)], **asdict(event)}


_NAMES: Final[dict[type, str]] = {LinkChange: "link", TaskMark: "task", WallClock: "wall_clock"}


def event_from_json(value: JsonObject) -> Event | None:
    """Read an event of the journal; None for kinds of a newer version or not well formed."""
    fields = {name: content for name, content in value.items() if name != _KIND}
    try:
        return _READERS[str(value.get(_KIND))](fields)
    except (KeyError, TypeError, ValueError, InputError):
        return None


def _configured(fields: dict[str, object]) -> Event:
    recipe = cast("Mapping[str, RecipeValue]", fields.pop("recipe"))
    uuids = cast("list[str]", fields.pop("characteristics"))
    accounting = LossAccounting(str(fields.pop("loss_accounting")))
    return SensorConfigured(
        characteristics=tuple(uuids),
        recipe=DecoderRecipe.from_mapping(recipe),
        loss_accounting=accounting,
        **fields,  # type: ignore[arg-type]  # numbers and words as they were written
    )


def _link(fields: dict[str, object]) -> Event:
    state = LinkState(str(fields.pop("state")))
    return LinkChange(state=state, **fields)  # type: ignore[arg-type]


def _task(fields: dict[str, object]) -> Event:
    task, side = fields.pop("task"), fields.pop("side")
    return TaskMark(
        task=None if task is None else Task(str(task)),
        side=None if side is None else Side(str(side)),
        **fields,  # type: ignore[arg-type]
    )


def _wall_clock(fields: dict[str, object]) -> Event:
    return WallClock(**fields)  # type: ignore[arg-type]


_READERS: Final = {
    "configured": _configured,
    "link": _link,
    "task": _task,
    "wall_clock": _wall_clock,
}
