"""What is compared: our stages switched on one after another, then the other engines."""

import dataclasses

from imu_valgus.pipeline import AngleStages, Settings

_WORDS = {
    "sees_accelerations": "accelerations",
    "sees_knee_plane": "knee plane",
    "removes_skin": "soft tissue",
}


def stage_variants() -> tuple[tuple[str, Settings], ...]:
    """Return our stages switched on one after another, in the order of `AngleStages`.

    A stage that is off by default follows after the default, added to it alone.

    Examples
    --------
    >>> [name for name, _ in stage_variants()][0]
    'vqf, stands'
    """
    names = [field.name for field in dataclasses.fields(AngleStages)]
    default = AngleStages()
    usual = [name for name in names if getattr(default, name)]
    settings = dataclasses.replace(default, **dict.fromkeys(usual, False))
    variants = [("vqf, stands", settings)]
    for name in usual:
        settings = dataclasses.replace(settings, **{name: True})
        variants.append((f"+ {_words(name)}", settings))
    variants[-1] = (f"{variants[-1][0]} (default)", settings)
    variants += [
        (f"default and {_words(name)}", dataclasses.replace(default, **{name: True}))
        for name in names
        if name not in usual
    ]
    return tuple((name, Settings(stages=stages)) for name, stages in variants)


def _words(stage: str) -> str:
    return _WORDS.get(stage, stage.removeprefix("sees_").replace("_", " "))


def without_one_variants() -> tuple[tuple[str, Settings], ...]:
    """Return the default without one of its stages each: what the stage is worth beside all others.

    Examples
    --------
    >>> [name for name, _ in without_one_variants()][0]
    'all but accelerations'
    """
    default = AngleStages()
    return tuple(
        (
            f"all but {_words(field.name)}",
            Settings(stages=dataclasses.replace(default, **{field.name: False})),
        )
        for field in dataclasses.fields(AngleStages)
        if getattr(default, field.name)
    )


OWN_STAGES = stage_variants()
"""Our stages switched on one after another."""

DEFAULT = next(variant for variant in OWN_STAGES if variant[0].endswith("(default)"))
"""What everybody gets who changes nothing."""

WITHOUT_ONE = without_one_variants()
"""The default without one stage each."""

OTHER_ENGINES: tuple[tuple[str, Settings], ...] = (
    ("ahrs-madgwick, all", Settings(fusion="ahrs-madgwick")),
    ("ahrs-mahony, all", Settings(fusion="ahrs-mahony")),
)
"""The other engines, with all our stages."""

VARIANTS = (*OWN_STAGES, *OTHER_ENGINES)
"""Everything that is compared."""
