"""The same about many files is told once."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from imu_valgus.model import Finding

_FEWEST: Final = 3
"""Two files are named one by one; more are one sentence."""


def merge_equal_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Tell once what is said alike about several files.

    Parameters
    ----------
    findings
        Messages of the form ``file: what`` count as alike where all but the file is equal.

    Returns
    -------
    tuple of Finding
        In the order of the first of each; merged ones name how many files and the first two, and
        keep recording and placement only where all share them.

    Examples
    --------
    >>> from imu_valgus.model import Severity
    >>> told = [Finding(Severity.NOTE, "x", f"{n}.csv: odd.", "walk") for n in "abcd"]
    >>> merge_equal_findings(told)[0].message
    '4 files (a.csv, b.csv, ...): odd.'
    """
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        file, what = _split(finding.message)
        key = (str(finding.severity), finding.code, what if file else finding.message)
        groups.setdefault(key, []).append(finding)
    merged: list[Finding] = []
    for alike in groups.values():
        files = list(dict.fromkeys(_split(finding.message)[0] for finding in alike))
        merged += [_merged(files, alike)] if len(files) >= _FEWEST else alike
    return tuple(merged)


def _split(message: str) -> tuple[str, str]:
    """Separate the file from what is said about it; no file where there is none."""
    file, separator, what = message.partition(": ")
    return (file, what) if separator else ("", message)


def _merged(files: list[str], alike: list[Finding]) -> Finding:
    _, what = _split(alike[0].message)
    recordings = {finding.recording for finding in alike}
    placements = {finding.placement for finding in alike}
    return replace(
        alike[0],
        message=f"{len(files)} files ({files[0]}, {files[1]}, ...): {what}",
        recording=recordings.pop() if len(recordings) == 1 else None,
        placement=placements.pop() if len(placements) == 1 else None,
    )
