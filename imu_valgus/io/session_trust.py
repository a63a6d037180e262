"""How well a kept session was recorded, read from its ``summary.json``."""

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from imu_valgus.errors import InputError
from imu_valgus.io.results import SUMMARY_FILE
from imu_valgus.model.session_trust import SessionTrust

__all__ = ["read_session_trust"]


def read_session_trust(files: Iterable[Path]) -> SessionTrust:
    """Read loss and drift of a session from its result files.

    Parameters
    ----------
    files
        As ``Store.files_of`` lists them.

    Returns
    -------
    SessionTrust
        The worst of all recordings; nothing known where the session was kept without a summary.
        Clock errors stand in no summary.

    Raises
    ------
    InputError
        If the summary cannot be read.
    """
    path = next((one for one in files if one.name == SUMMARY_FILE), None)
    if path is None:
        return SessionTrust()
    try:
        quality = json.loads(path.read_text(encoding="utf-8"))["quality"].values()
        received = [
            share for one in quality for share in _numbers(one["sensors"], "received_share")
        ]
        drifts = [
            abs(drift)
            for one in quality
            for drift in _numbers(one["joints"], "heading_closure_deg")
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"Expected the summary of a session in {path}, found something else: analyse and add "
            "the recording again."
        ) from error
    return SessionTrust(
        lost_share=max(0.0, 1.0 - min(received)) if received else None,
        drift_deg=max(drifts, default=None),
    )


def _numbers(places: dict[str, dict[str, Any]], name: str) -> Iterator[float]:
    for one in places.values():
        value = one[name]
        if value is not None and math.isfinite(value):
            yield float(value)
