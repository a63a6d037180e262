"""What the package logs, as a file."""

import logging
import stat
from pathlib import Path

import pytest

from imu_valgus.io.logs import log_to_file


def test_everything_logged_meanwhile_is_in_the_file_and_nothing_else(tmp_path: Path) -> None:
    logger = logging.getLogger("imu_valgus.some.module")
    file = tmp_path / "new" / "a.log"
    with log_to_file(file):
        logger.debug("inside %d", 7)
    logger.warning("outside")
    text = file.read_text()
    assert "DEBUG   imu_valgus.some.module: inside 7" in text
    assert "outside" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_error_that_ends_it_is_logged_with_its_trace_and_goes_on(tmp_path: Path) -> None:
    def fail() -> None:
        with log_to_file(tmp_path / "a.log"):
            raise ValueError("a strap broke")

    with pytest.raises(ValueError, match="strap"):
        fail()
    assert "Traceback" in (tmp_path / "a.log").read_text()
    assert logging.getLogger("imu_valgus").level == logging.NOTSET


def test_a_second_log_is_appended(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with log_to_file(tmp_path / "a.log"):
            logging.getLogger("imu_valgus").info(word)
    text = (tmp_path / "a.log").read_text()
    assert text.index("first") < text.index("second")
