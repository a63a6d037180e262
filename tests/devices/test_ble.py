"""The door to Bluetooth: what goes wrong behind it comes out as one sentence."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import imu_valgus
from imu_valgus.devices.ble import Radio
from imu_valgus.devices.ble_link import bounded
from imu_valgus.errors import DeviceError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Awaitable

bleak_exc = pytest.importorskip(
    "bleak.exc", reason="bleak is not installed: pip install 'imu_valgus[ble]'"
)


async def failing(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory"), "Bluetooth service does not run"),
        (ConnectionRefusedError(111, "refused"), "Bluetooth service does not run"),
        (bleak_exc.BleakError("Not connected."), "Could not scan: Not connected."),
        (EOFError(), "Could not scan: EOFError."),
        (
            bleak_exc.BleakBluetoothNotAvailableError(
                "off", bleak_exc.BleakBluetoothNotAvailableReason.POWERED_OFF
            ),
            "Bluetooth is switched off; switch it on.",
        ),
    ],
)
def test_every_failure_of_the_radio_is_one_sentence(error: Exception, words: str) -> None:
    with pytest.raises(DeviceError) as caught:
        asyncio.run(bounded(failing(error), 1.0, "scan"))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_reason_that_bleak_knows_has_advice() -> None:
    for reason in bleak_exc.BleakBluetoothNotAvailableReason:
        error = bleak_exc.BleakBluetoothNotAvailableError("told by bleak", reason)
        with pytest.raises(DeviceError) as caught:
            asyncio.run(bounded(failing(error), 1.0, "scan"))
        assert "told by bleak" not in str(caught.value) or reason.name == "UNKNOWN"


def test_what_never_answers_is_given_up() -> None:
    waiting: Awaitable[None] = asyncio.sleep(60.0)
    with pytest.raises(DeviceError, match=r"no answer within 0\.05 s"):
        asyncio.run(bounded(waiting, 0.05, "read"))


def test_a_missing_bleak_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "bleak", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'imu_valgus\[ble\]'"):
        Radio()


def test_bleak_is_imported_behind_its_door_only() -> None:
    root = Path(imu_valgus.__file__).parent
    importing = {
        path.name
        for path in root.rglob("*.py")
        if any(
            line.strip().startswith(("import bleak", "from bleak"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    }
    assert importing == {"ble.py", "ble_link.py", "simulated_backend.py"}
