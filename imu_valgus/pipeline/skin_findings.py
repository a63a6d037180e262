"""What is told about the skin of the thighs: how much it hides, or that nobody measured it."""

from collections.abc import Iterator, Mapping, Sequence

from imu_valgus.calibration.skin_twist import SkinTwist
from imu_valgus.model import Finding, Placement, Severity, Task
from imu_valgus.pipeline.prepare import PreparedRecording

_NEEDS_IT = (Task.STEP_UP, Task.SQUAT)
_SAME_SHARE = 0.01


def tell_of_skin(
    skins: Mapping[Placement, SkinTwist],
    prepared: Sequence[PreparedRecording],
    *,
    is_removed: bool,
) -> Iterator[Finding]:
    """Tell, where legs were bent under load, what the skin does to their rotation.

    Parameters
    ----------
    skins
        By thigh.
    prepared
        The recordings: without step-ups or squats there is nothing to tell.
    is_removed
        Whether the twist was taken out of the angles.
    """
    if not is_removed:
        message = (
            "The twist of the thighs' skin was left in the angles, as asked: knee adduction is as "
            "the sensors show it, and hip rotation may read too small or too large."
        )
        yield Finding(Severity.NOTE, "skin_left_in", message)
        return
    tasks = {span.task for one in prepared for span in one.movements}
    if not tasks & set(_NEEDS_IT):
        return
    unmeasured = [place for place, skin in skins.items() if skin.hidden_share is None]
    for place, skin in skins.items():
        if skin.hidden_share is not None:
            message = (
                f"Under the {place.words} sensor the skin hides about "
                f"{100.0 * skin.hidden_share:.0f} % of the hip's rotation (seated hip rotation); "
                f"{_what_is_allowed_for(skin.hidden_share, skin.allowed_share)}"
            )
            yield Finding(Severity.NOTE, "skin_lag_measured", message, placement=place)
    if unmeasured:
        words = " and ".join(place.words for place in unmeasured)
        message = (
            f"How much of the hip's rotation the skin under the {words} sensor hides was not "
            "measured, so hip rotation may read too small: record seated hip rotation, three times "
            "in and out with each leg."
        )
        yield Finding(Severity.NOTE, "skin_lag_unknown", message)


def _what_is_allowed_for(hidden: float, allowed: float) -> str:
    if hidden - allowed < _SAME_SHARE:
        return "this is allowed for, in walking a part of it."
    return (
        f"{100.0 * allowed:.0f} % are allowed for, because more would mostly amplify noise, so hip "
        "rotation may read too small: a firmer strap helps."
    )
