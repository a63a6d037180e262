"""The reference firmware's packing, compiled here, against the Python side of the profile."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from imu_valgus.errors import DecodeError
from imu_valgus.sensors.protocols import open_profile as protocol
from imu_valgus.sensors.protocols.open_profile import (
    ClockReply,
    DeviceDescription,
    StreamState,
    encode_clock_request,
)
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.peripheral import MotionSamples

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "firmware_notes" / "open_profile_v1"
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]

Run = Callable[[list[str]], list[str]]


def _compiler(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    pytest.skip(f"No compiler ({', '.join(names)}) is here to build the firmware's packing with.")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Feed lines of commands to the compiled header, give its lines of answers."""
    program = tmp_path_factory.mktemp("firmware") / "pack_harness"
    source = [f"-I{FIRMWARE}", str(HERE / "pack_harness.c"), "-o", str(program)]
    subprocess.run([_compiler("cc", "gcc", "clang"), "-std=c99", *STRICT, *source], check=True)

    def feed(lines: list[str]) -> list[str]:
        text = "\n".join(lines) + "\n"
        done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
        return done.stdout.split("\n")[:-1]

    return feed


def _words(*values: int) -> str:
    return " ".join(str(int(value)) for value in values)


def _bytes(data: bytes) -> str:
    return _words(len(data), *data)


def _push(index: int, t_us: int, counts: np.ndarray) -> str:
    return f"push {_words(index, t_us, *counts)}"


def test_packets_of_random_samples_are_the_same_byte_for_byte(run: Run) -> None:
    rng = np.random.default_rng(20261122)
    lines, expected = [], []
    for _ in range(300):
        kind = int(rng.choice([protocol.KIND_ACC_GYR, protocol.KIND_ACC_GYR_MAG]))
        n = int(rng.integers(1, protocol.max_samples_per_packet(247, kind) + 1))
        index, t_us = int(rng.integers(0, 2**32)), int(rng.integers(0, 2**32))
        counts = rng.integers(-32768, 32768, (n, 9)).astype(np.int16)
        lines.append("ring 300")
        lines += [_push((index + i) % 2**32, t_us + i, row) for i, row in enumerate(counts)]
        lines.append(f"take {kind} {n}")
        used = counts[:, : protocol.CHANNELS[kind]]
        packet = protocol.DataPacket(kind, False, index % 65536, t_us, used)
        expected.append(protocol.encode_data(packet).hex())
    found = run(lines)
    assert found == expected
    decoder = protocol.OpenProfileDecoder(rate_hz=104, scales=protocol.Scales(16, 2000))
    (block,) = decoder.feed(protocol.DATA_UUID, bytes.fromhex(found[-1]))
    np.testing.assert_allclose(block.acc, counts[:, :3] * (16 * 9.80665 / 32768))


def test_the_firmwares_ring_sends_what_the_virtual_sensor_sends(run: Run) -> None:
    """An outage that overflows the ring, then a link with a smaller MTU."""
    rate, ring_samples, outage = 104, 1040, 1500
    peripheral = OpenProfilePeripheral(has_mag=False)
    peripheral.write(protocol.CONTROL_UUID, b"\x01")
    rng = np.random.default_rng(3)
    time_s = 4290 + np.arange(outage) / rate
    acc, gyr = rng.normal(0, 20, (outage, 3)), rng.normal(0, 5, (outage, 3))
    peripheral.produce(MotionSamples.of(time_s, acc, gyr))
    peripheral.on_connect(mtu=100)
    peripheral.on_subscribe(protocol.DATA_UUID, enabled=True)
    nothing = MotionSamples.of(np.empty(0), np.empty((0, 3)), np.empty((0, 3)))
    expected = [data.hex() for _, data in peripheral.produce(nothing)]

    counts = protocol.Scales(16, 2000).to_counts(np.hstack([acc, gyr, np.zeros((outage, 3))]))
    lines = [f"ring {ring_samples}"]
    ticks = [protocol.CLOCK.ticks_at(t) for t in time_s.tolist()]
    lines += [_push(i, t, row) for i, (t, row) in enumerate(zip(ticks, counts, strict=True))]
    lines += ["take 1 4"] * len(expected)
    assert len(expected) == ring_samples // 4
    assert run(lines) == expected
    assert bytes.fromhex(expected[0])[0] == 0x81  # the overflow is told once
    assert bytes.fromhex(expected[1])[0] == 0x01


def test_a_packet_never_spans_samples_that_were_not_measured(run: Run) -> None:
    counts = np.zeros(9, dtype=np.int16)
    indices = [7, 8, 9, 12, 13]
    lines = ["ring 10", *(_push(i, 1000 * i, counts) for i in indices), *["take 1 10"] * 3]
    packets = [protocol.decode_data(bytes.fromhex(line)) for line in run(lines)[:2]]
    assert [(p.index, len(p.counts), p.t_us) for p in packets] == [(7, 3, 7000), (12, 2, 12000)]
    assert run(lines)[2] == ""


def test_state_description_and_clock_are_the_same_byte_for_byte(run: Run) -> None:
    rng = np.random.default_rng(4)
    lines, expected = [], []
    for _ in range(200):
        rate, acc, gyr, per_packet = (int(v) for v in rng.integers(0, 65536, 4))
        kind = int(rng.integers(1, 3))
        state = StreamState(bool(rng.integers(2)), rate, acc, gyr, per_packet % 256, kind)
        fields = _words(state.is_running, rate, acc, gyr, per_packet % 256, kind)
        own_id = rng.bytes(6)
        has_mag = bool(rng.integers(2))
        lines.append(f"state {fields}")
        expected.append(state.encode().hex())
        lines.append(f"info {fields} {int(has_mag)} {per_packet} {_words(*own_id)}")
        description = DeviceDescription(has_mag, rate, acc, gyr, per_packet, own_id)
        expected.append(description.encode().hex())
        cookie, received, sent = (int(v) for v in rng.integers(0, 2**32, 3))
        lines.append(f"clock {_bytes(encode_clock_request(cookie))} {received} {sent}")
        expected.append(ClockReply(cookie, received, sent).encode().hex())
    assert run(lines) == expected


def test_commands_are_understood_or_refused_alike(run: Run) -> None:
    rng = np.random.default_rng(5)
    commands = [rng.bytes(int(rng.integers(0, 14))) for _ in range(200)]
    for _ in range(200):
        rate, acc, gyr = (int(v) for v in rng.integers(0, 65536, 3))
        kind = int(rng.integers(0, 4))
        commands.append(StreamState(False, rate, acc, gyr, 10, kind).encode_command())
    expected = []
    for command in commands:
        try:
            state = StreamState.decode(command)
        except DecodeError:
            expected.append("refused")
        else:
            expected.append(state.encode().hex() if command[0] == 3 else "refused")
    assert {"refused"} < set(expected)
    assert run([f"configure {_bytes(command)}" for command in commands]) == expected
    assert run(["clock 3 1 2 3 0 0"]) == ["refused"]


def test_choices_are_made_alike(run: Run) -> None:
    lines = [f"most {mtu} {kind}" for mtu in range(23, 518) for kind in (1, 2)]
    expected = [
        str(protocol.max_samples_per_packet(mtu, kind)) for mtu in range(23, 518) for kind in (1, 2)
    ]
    assert run(lines) == expected
    offered = [26, 52, 104, 208]
    lines = [f"nearest {wanted} 4 {_words(*offered)}" for wanted in range(300)]
    expected = [str(min(offered, key=lambda v, w=w: abs(v - w))) for w in range(300)]
    assert run(lines) == expected


def test_the_header_compiles_as_cpp_too(tmp_path: Path) -> None:
    source = tmp_path / "includes.cpp"
    source.write_text('#include "open_profile_pack.h"\nint main() { return 0; }\n')
    command = [_compiler("c++", "g++", "clang++"), "-std=c++11", *STRICT, "-Wno-unused-function"]
    subprocess.run([*command, f"-I{FIRMWARE}", "-fsyntax-only", str(source)], check=True)


@pytest.mark.parametrize("board", ["ARDUINO_NRF52_ADAFRUIT", "ARDUINO_ARDUINO_NANO33BLE"])
@pytest.mark.parametrize(
    "source", ["open_profile_v1.ino", "board_xiao_sense.cpp", "board_nano33_sense.cpp"]
)
def test_the_sketch_is_correct_cpp_against_declarations_of_the_cores(
    board: str, source: str
) -> None:
    """Syntax and types only: the declarations are ours, no Arduino core is needed or tested."""
    command = [_compiler("c++", "g++", "clang++"), "-std=c++17", *STRICT, "-Wno-unused-function"]
    includes = [f"-I{FIRMWARE}", f"-I{HERE / 'stubs'}", "-include", "Arduino.h"]
    language = ["-x", "c++", "-fsyntax-only", f"-D{board}"]
    subprocess.run([*command, *includes, *language, str(FIRMWARE / source)], check=True)
