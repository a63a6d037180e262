"""Settings that are compared: our stages switched on one after another, then other engines."""

import dataclasses

from imu_valgus.pipeline import AngleStages, Settings

_WORDS = {
    "sees_accelerations": "accelerations",
    "sees_knee_plane": "knee plane",
    "removes_skin": "soft tissue",
}


def _stage_variants() -> tuple[tuple[str, Settings], ...]:
    """Return settings with our stages switched on one after another, in order of `AngleStages`.

    After the default follows the default plus each stage that is off in it.
    """
    default = AngleStages()
    names = [field.name for field in dataclasses.fields(AngleStages)]
    names_on = [name for name in names if getattr(default, name)]
    stages = dataclasses.replace(default, **dict.fromkeys(names_on, False))
    variants = [("vqf, stands", stages)]
    for name in names_on:
        stages = dataclasses.replace(stages, **{name: True})
        variants.append((f"+ {_words(name)}", stages))
    variants[-1] = (f"{variants[-1][0]} (default)", stages)
    variants += [
        (f"default and {_words(name)}", dataclasses.replace(default, **{name: True}))
        for name in names
        if name not in names_on
    ]
    return tuple((name, Settings(stages=stages)) for name, stages in variants)


def _without_one_variants() -> tuple[tuple[str, Settings], ...]:
    """Return the default without one of its stages each, which shows what that stage adds."""
    default = AngleStages()
    return tuple(
        (
            f"all but {_words(field.name)}",
            Settings(stages=dataclasses.replace(default, **{field.name: False})),
        )
        for field in dataclasses.fields(AngleStages)
        if getattr(default, field.name)
    )


def _words(stage: str) -> str:
    return _WORDS.get(stage, stage.removeprefix("sees_").replace("_", " "))


OWN_STAGES = _stage_variants()
"""Our stages switched on one after another."""

DEFAULT = next(variant for variant in OWN_STAGES if variant[0].endswith("(default)"))
"""The default settings."""

WITHOUT_ONE = _without_one_variants()
"""The default without one stage each."""

OTHER_ENGINES: tuple[tuple[str, Settings], ...] = (
    ("ahrs-madgwick, all", Settings(fusion="ahrs-madgwick")),
    ("ahrs-mahony, all", Settings(fusion="ahrs-mahony")),
)
"""The other engines, with all our stages."""

VARIANTS = (*OWN_STAGES, *OTHER_ENGINES)
"""All variants that are compared."""
