"""Hip and knee rotation from thigh and shank motion sensors, with uncertainty.

The command line in functions::

    from imu_valgus import analyse, angles_table, read_session

    analysis = analyse(read_session("my_session"))
    table = angles_table(analysis.recordings[0])

Everything is loaded when it is first used, so ``import imu_valgus`` is quick and needs neither
matplotlib nor a radio.
"""

import importlib
import logging
from typing import TYPE_CHECKING, Any

from imu_valgus._version import __version__

if TYPE_CHECKING:
    from imu_valgus.errors import ImuValgusError, InputError
    from imu_valgus.io.plain_session import write_plain_session
    from imu_valgus.io.results import write_results
    from imu_valgus.io.sessions import read_session
    from imu_valgus.io.summary import summary_document
    from imu_valgus.io.tables import angles_table, events_table, repetitions_table
    from imu_valgus.model import Analysis, Joint, Placement, Session, Side, Task
    from imu_valgus.pipeline import AngleStages, Settings, analyse
    from imu_valgus.progress.course import review_course
    from imu_valgus.reports.session.html import render_report
    from imu_valgus.simulate import demo_session, protocol_session, simulate_session
    from imu_valgus.store.store import Store

logging.getLogger("imu_valgus").addHandler(logging.NullHandler())

_HOMES = {
    "Analysis": "imu_valgus.model",
    "AngleStages": "imu_valgus.pipeline",
    "ImuValgusError": "imu_valgus.errors",
    "InputError": "imu_valgus.errors",
    "Joint": "imu_valgus.model",
    "Placement": "imu_valgus.model",
    "Session": "imu_valgus.model",
    "Settings": "imu_valgus.pipeline",
    "Side": "imu_valgus.model",
    "Store": "imu_valgus.store.store",
    "Task": "imu_valgus.model",
    "analyse": "imu_valgus.pipeline",
    "angles_table": "imu_valgus.io.tables",
    "demo_session": "imu_valgus.simulate",
    "events_table": "imu_valgus.io.tables",
    "protocol_session": "imu_valgus.simulate",
    "read_session": "imu_valgus.io.sessions",
    "render_report": "imu_valgus.reports.session.html",
    "repetitions_table": "imu_valgus.io.tables",
    "review_course": "imu_valgus.progress.course",
    "simulate_session": "imu_valgus.simulate",
    "summary_document": "imu_valgus.io.summary",
    "write_plain_session": "imu_valgus.io.plain_session",
    "write_results": "imu_valgus.io.results",
}

__all__ = [
    "Analysis",
    "AngleStages",
    "ImuValgusError",
    "InputError",
    "Joint",
    "Placement",
    "Session",
    "Settings",
    "Side",
    "Store",
    "Task",
    "__version__",
    "analyse",
    "angles_table",
    "demo_session",
    "events_table",
    "protocol_session",
    "read_session",
    "render_report",
    "repetitions_table",
    "review_course",
    "simulate_session",
    "summary_document",
    "write_plain_session",
    "write_results",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module 'imu_valgus' has no attribute '{name}'"
        raise AttributeError(msg)
    return getattr(importlib.import_module(_HOMES[name]), name)
