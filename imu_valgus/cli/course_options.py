"""What the commands about weeks share: which measures of which leg, and opening the store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.people import check_person
from imu_valgus.errors import InputError
from imu_valgus.model import Side
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import MeasureKey, SessionRecord, all_keys

if TYPE_CHECKING:
    from imu_valgus.progress.course_types import Course

MeasureOption = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="NAME",
        help="Only this measure, say shank_medial_tilt_deg. Repeat for several.",
        show_default=False,
    ),
]
SideOption = Annotated[
    Side | None, typer.Option("--side", help="Only this leg.", show_default=False)
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Every measure, not only the headline ones.")
]


@dataclass(frozen=True, slots=True)
class KeptWeeks:
    """What the store holds of a person's weeks."""

    person: str
    sessions: tuple[SessionRecord, ...]
    programme: Programme | None
    log: tuple[LogEntry, ...]

    def course(self, keys: Iterable[MeasureKey]) -> "Course":
        """Review the measures wanted."""
        from imu_valgus.progress.course import review_course

        return review_course(
            self.sessions, programme=self.programme, log=self.log, keys=tuple(keys)
        )

    def check_sessions(self) -> None:
        """Raise InputError with the command that helps where there is no session."""
        if not self.sessions:
            raise InputError(
                f"Expected sessions of {self.person} in the store, found none: add one with  "
                f"imu-valgus add SESSION --person {self.person}"
            )


def kept_weeks(person: str) -> KeptWeeks:
    """Read a person's sessions, programme and log.

    Raises
    ------
    InputError
        If the store has no such person.
    """
    from imu_valgus.store import Store

    with Store() as store:
        check_person(store, person)
        return KeptWeeks(person, store.sessions(person), store.programme(person), store.log(person))


def chosen_keys(
    sessions: Sequence[SessionRecord],
    *,
    names: Sequence[str] | None,
    side: Side | None,
    is_all: bool,
) -> tuple[MeasureKey, ...]:
    """Choose measures by name and leg; without names the headline ones.

    Raises
    ------
    InputError
        If a name is not among the sessions' measures, or nothing is left.
    """
    from imu_valgus.progress.headline import headline_keys

    there = all_keys(sessions)
    keys = there if names or is_all else headline_keys(there)
    if names:
        check_names(names, {key.name for key in there}, what="a measure of these sessions")
        keys = tuple(key for key in there if key.name in names)
    chosen = tuple(key for key in keys if side is None or key.side is side)
    if not chosen:
        kept = len(there)
        raise InputError(
            f"Expected {'' if names or is_all else 'headline '}measures"
            f"{f' of the {side} leg' if side else ''}, found none among {kept}"
            f"{': see them with --all' if kept and not (names or is_all) else '.'}"
        )
    return chosen


def check_names(names: Iterable[str], there: Iterable[str], *, what: str) -> None:
    """Raise InputError for the first unknown name, with the known one that is most like it."""
    known = sorted(set(there))
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.5)
            meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
            raise InputError(f"Expected {what}, found {name!r}: {meant}")
