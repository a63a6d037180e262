"""Protocols, labels, warnings of exchanged sensors, learning by shaking, the screen."""

import asyncio
import io
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from rich.console import Console

from imu_valgus.cli.guided_screen import render_screen
from imu_valgus.errors import InputError
from imu_valgus.io.protocol_file import read_protocol
from imu_valgus.model import Placement, Side, Task
from imu_valgus.model.protocol import (
    DEFAULT_PROTOCOL,
    ProtocolStep,
    single_task,
    with_tap_checks,
)
from imu_valgus.recorder.guide import (
    Guide,
    GuideState,
    Phase,
    find_exchanged,
    learn_places,
    shaken_sensor,
)
from imu_valgus.recorder.journal_entries import LinkState, PlannedSensor
from imu_valgus.recorder.status import Notice, NoticeLevel, RecordingStatus, SensorStatus
from imu_valgus.virtual_sensors.virtual_time import VirtualTimeLoop

if TYPE_CHECKING:
    from imu_valgus.recorder.capture import Recorder

STATUS = SensorStatus(
    sensor=PlannedSensor(Placement.THIGH_RIGHT, "A1"),
    state=LinkState.STREAMING,
    age_s=0.02,
    rate_hz=104.0,
    nominal_rate_hz=104.0,
    received=1000,
    lost=0,
    gaps=0,
    reconnects=0,
    battery_percent=80.0,
    motion_deg_s=1.0,
)
STEPS = (
    ProtocolStep(Task.STANDING, 5.0),
    ProtocolStep(Task.STEP_UP, 20.0, Side.LEFT),
)


class FakeRecorder:
    """Stands still, or shakes what it is told to shake."""

    def __init__(self, placements: list[Placement]) -> None:
        self.marks: list[tuple[float, Task | None, Side | None]] = []
        self.tap_checks: list[bool] = []
        self.motion = dict.fromkeys(placements, 1.0)

    def mark_task(
        self, task: Task | None, side: Side | None = None, *, is_tap_check: bool = False
    ) -> None:
        self.tap_checks.append(is_tap_check)
        self.marks.append((asyncio.get_running_loop().time(), task, side))

    def status(self) -> RecordingStatus:
        sensors = tuple(
            replace(STATUS, sensor=PlannedSensor(place, place.value), motion_deg_s=motion)
            for place, motion in self.motion.items()
        )
        return RecordingStatus(0.0, sensors, 0.0, 0)


def in_virtual_time(coroutine: object) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(coroutine)  # type: ignore[arg-type]


def test_a_timetable_labels_by_the_clock() -> None:
    fake = FakeRecorder([Placement.THIGH_RIGHT])
    guide = Guide(cast("Recorder", fake), STEPS, timetable=Guide.timetable_of(STEPS))
    in_virtual_time(guide.run())
    assert [(round(t, 1), task, side) for t, task, side in fake.marks] == [
        (0.0, Task.STANDING, None),
        (5.0, Task.STEP_UP, Side.LEFT),
        (25.0, None, None),
    ]
    assert guide.state.phase is Phase.FINISHED


def test_without_a_timetable_every_step_waits_for_the_person() -> None:
    fake = FakeRecorder([Placement.THIGH_RIGHT])
    guide = Guide(cast("Recorder", fake), STEPS)

    async def person() -> None:
        running = asyncio.create_task(guide.run())
        await asyncio.sleep(12.0)
        assert guide.state == GuideState(Phase.WAITING, 1, 2, STEPS[0], STEPS[1])
        assert not fake.marks
        guide.advance()
        await asyncio.sleep(2.0)
        assert guide.state.phase is Phase.DOING
        await asyncio.sleep(10.0)
        guide.advance()
        await asyncio.sleep(7.0)
        guide.advance()  # done with it before its time
        await running

    in_virtual_time(person())
    assert [(round(t), task) for t, task, _ in fake.marks] == [
        (12, Task.STANDING),
        (17, None),
        (24, Task.STEP_UP),
        (31, None),
    ]


def test_exchanged_sensors_are_told_at_once_and_only_once() -> None:
    fake = FakeRecorder([Placement.THIGH_LEFT, Placement.SHANK_LEFT])
    fake.motion = {Placement.THIGH_LEFT: 170.0, Placement.SHANK_LEFT: 110.0}
    steps = (ProtocolStep(Task.WALK, 60.0),)
    guide = Guide(cast("Recorder", fake), steps, timetable=Guide.timetable_of(steps))

    async def walk() -> tuple[str, ...]:
        running = asyncio.create_task(guide.run())
        await asyncio.sleep(4.0)
        early = guide.take_warnings()
        await running
        assert guide.take_warnings() == ()
        return early

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        warnings = runner.run(walk())
    assert len(warnings) == 1
    assert "left thigh and left shank look exchanged" in warnings[0]


@pytest.mark.parametrize(
    ("task", "side", "motion", "is_wrong"),
    [
        # As measured on people: shank over thigh, loose straps included.
        (Task.WALK, None, {Placement.THIGH_RIGHT: 122.0, Placement.SHANK_RIGHT: 165.0}, False),
        (Task.WALK, None, {Placement.THIGH_RIGHT: 239.0, Placement.SHANK_RIGHT: 213.0}, False),
        (Task.WALK, None, {Placement.THIGH_RIGHT: 165.0, Placement.SHANK_RIGHT: 122.0}, True),
        (Task.WALK, None, {Placement.THIGH_RIGHT: 165.0}, False),
        (Task.STANDING, None, {Placement.THIGH_RIGHT: 2.0, Placement.SHANK_RIGHT: 1.0}, False),
        (
            Task.SEATED_KNEE_EXTENSION,
            Side.RIGHT,
            {Placement.SHANK_RIGHT: 2.0, Placement.SHANK_LEFT: 60.0},
            True,
        ),
        (
            Task.SEATED_KNEE_EXTENSION,
            Side.LEFT,
            {Placement.SHANK_RIGHT: 2.0, Placement.SHANK_LEFT: 60.0},
            False,
        ),
    ],
)
def test_movement_tells_exchanged_sensors(
    task: Task, side: Side | None, motion: dict[Placement, float], is_wrong: bool
) -> None:
    assert (find_exchanged(task, side, motion) is not None) == is_wrong


def shaking(*motion: float) -> list[SensorStatus]:
    return [replace(STATUS, motion_deg_s=value) for value in motion]


def test_only_one_clearly_shaken_sensor_is_taken() -> None:
    assert shaken_sensor(shaking(5.0, 400.0, 20.0)) == 1
    assert shaken_sensor(shaking(300.0, 400.0)) is None
    assert shaken_sensor(shaking(5.0, 60.0)) is None
    assert shaken_sensor(shaking(math.nan, 300.0)) == 1
    assert shaken_sensor([]) is None


def test_places_are_learned_by_shaking_and_can_be_skipped() -> None:
    order = [Placement.PELVIS, Placement.THIGH_RIGHT, Placement.THIGH_LEFT]
    fake = FakeRecorder(order)
    wanted = iter([Placement.THIGH_LEFT, None, Placement.PELVIS])
    skip: list[asyncio.Event] = []

    def ask(_: Placement) -> None:
        shaken = next(wanted)
        fake.motion = {place: 400.0 if place is shaken else 1.0 for place in order}
        if shaken is None:
            asyncio.get_running_loop().call_later(1.0, skip[0].set)

    async def learn() -> dict[Placement, int]:
        skip.append(asyncio.Event())
        to_learn = [Placement.SHANK_RIGHT, Placement.FOOT_LEFT, Placement.THIGH_RIGHT]
        return await learn_places(cast("Recorder", fake), to_learn, ask, skip=skip[0])

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        learned = runner.run(learn())
    assert learned == {Placement.SHANK_RIGHT: 2, Placement.THIGH_RIGHT: 0}


def test_the_default_protocol_begins_and_ends_with_standing() -> None:
    assert DEFAULT_PROTOCOL[0].task is DEFAULT_PROTOCOL[-1].task is Task.STANDING
    assert all("{" not in step.words for step in DEFAULT_PROTOCOL)
    for side in Side:
        step_up = DEFAULT_PROTOCOL.index(ProtocolStep(Task.STEP_UP, 60.0, side))
        assert DEFAULT_PROTOCOL[step_up - 1].task is Task.STANDING
        assert DEFAULT_PROTOCOL[step_up + 1].task is Task.STANDING


def test_one_task_has_standing_before_and_after() -> None:
    tasks = [step.task for step in single_task(Task.WALK, 20.0)]
    assert tasks == [Task.STANDING, Task.WALK, Task.STANDING]
    assert [step.task for step in single_task(Task.STANDING, 20.0)] == [Task.STANDING]
    for seconds in (math.nan, 0.5, -1.0, 1e308, 21_601.0):
        with pytest.raises(InputError, match="from 1 to 21600"):
            single_task(Task.WALK, seconds)


def test_an_own_protocol_is_read(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        '[[step]]\ntask = "standing"\nseconds = 4\n'
        '[[step]]\ntask = "step_up"\nside = "left"\nseconds = 30.5\ninstruction = "Go!"\n'
    )
    assert read_protocol(file) == (
        ProtocolStep(Task.STANDING, 4.0),
        ProtocolStep(Task.STEP_UP, 30.5, Side.LEFT, "Go!"),
    )


def test_a_tap_check_is_added_at_both_ends_and_marked_for_the_journal() -> None:
    steps = with_tap_checks(STEPS)
    assert [step.is_tap_check for step in steps] == [True, False, False, True]
    assert steps[0].title == "tap check"
    assert "three times" in steps[0].words
    fake = FakeRecorder([Placement.THIGH_RIGHT])
    in_virtual_time(Guide(cast("Recorder", fake), steps, timetable=Guide.timetable_of(steps)).run())
    assert fake.tap_checks == [True, False, False, True, False]


def test_an_own_protocol_may_ask_for_taps(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[[step]]\ntask = "other"\nseconds = 9\ntap_check = true\n')
    assert read_protocol(file) == (ProtocolStep(Task.OTHER, 9.0, is_tap_check=True),)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no .*step.* tables"),
        ("step = 3", "has no .*step.* tables"),
        ("[[step]]\nseconds = 3", "lacks 'task'"),
        ('[[step]]\ntask = "walk"', "lacks 'seconds'"),
        ('[[step]]\ntask = "fly"\nseconds = 3', "Step 1"),
        ('[[step]]\ntask = "walk"\nseconds = -3', "Step 1"),
        ('[[step]]\ntask = "walk"\nseconds = nan', "Step 1"),
        ('[[step]]\ntask = "walk"\nseconds = 1e308', "from 1 to 21600"),
        (f'[[step]]\ntask = "walk"\nseconds = 1{"0" * 400}', "Step 1"),
        ('[[step]]\ntask = "walk"\nseconds = 3\nside = "up"', "Step 1"),
        ('[[step]]\ntask = "walk"\nseconds = 3\ntap_check = 1', "Step 1"),
        ("step = [1]", "Step 1"),
        ("x = ", "not a valid TOML file"),
    ],
)
def test_a_mistaken_protocol_is_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(content)
    with pytest.raises(InputError, match=words):
        read_protocol(file)


def drawn(*sensors: SensorStatus, phase: Phase = Phase.DOING) -> str:
    console = Console(file=io.StringIO(), width=110, color_system=None)
    state = GuideState(phase, 2, 5, ProtocolStep(Task.WALK, 60.0), STEPS[0], 12.0)
    notice = Notice(3.0, NoticeLevel.WARNING, "The right one has dropped out.")
    console.print(
        render_screen(RecordingStatus(75.0, sensors, 0.0, 10), state, [notice], is_timed=False)
    )
    return cast("io.StringIO", console.file).getvalue()


def test_the_screen_says_what_to_do_and_how_each_sensor_is() -> None:
    text = drawn(STATUS, replace(STATUS, lost=None, rate_hz=60.0))
    for words in (
        "2 of 5: walk",
        "NOW",
        "48 s left",
        "then: standing",
        "right thigh",
        "100.0 %",
        "not known",
        "80 %",
        "1:15",
        "! The right one has dropped out.",
    ):
        assert words in text


def test_the_screen_never_shows_a_stale_number() -> None:
    text = drawn(replace(STATUS, age_s=1.2, motion_deg_s=250.0))
    row = next(line for line in text.splitlines() if "right thigh" in line)
    assert "no data" in row
    assert "104" not in row
    assert "█" not in row


def test_the_screen_tells_how_to_begin() -> None:
    assert "Press Enter to begin." in drawn(STATUS, phase=Phase.WAITING)


@pytest.fixture(autouse=True)
def _no_left_over_loops() -> Iterator[None]:
    yield
    asyncio.set_event_loop(None)
