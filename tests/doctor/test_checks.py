"""How checks are made: at once, after those that they need, and within seconds."""

import asyncio

from bridge.doctor.checks import Check, Finding, Status, Verdict, error, examine, ok, wanted
from bridge.errors import TwentyOverLimit, TwilioDenied
from bridge.language.phrase import verbatim


async def well() -> Verdict:
    return ok(verbatim("It is."))


async def broken() -> Verdict:
    raise TwilioDenied("Twilio denies it.")


async def examined(*checks: Check, seconds: float = 5) -> dict[str, Finding]:
    return {one.name: one for one in await examine(checks, seconds=seconds)}


async def test_what_is_raised_is_an_error_with_the_checks_own_fix() -> None:
    found = await examined(Check("a", broken, verbatim("Mend it.")), Check("b", well))
    assert found["a"].as_json() == {
        "name": "a",
        "status": "error",
        "reason": "Twilio denies it.",
        "fix": "Mend it.",
        "translations": {"fr": {"reason": "Twilio denies it.", "fix": "Mend it."}},
    }
    assert found["b"].verdict.status is Status.OK


async def test_what_needs_a_failed_one_is_left_out_and_says_so() -> None:
    async def never() -> Verdict:
        raise AssertionError

    found = await examined(Check("b", never, needs=["a"]), Check("a", broken))
    assert found["b"].verdict.reason == "Not checked, because of a."
    assert found["b"].verdict.status is Status.WARNING


async def test_what_needs_one_that_was_left_out_is_left_out_too_and_names_the_first() -> None:
    async def never() -> Verdict:
        raise AssertionError

    found = await examined(Check("c", never, needs=["b"]), Check("b", never, needs=["a"]), Check("a", broken))
    assert [found[name].verdict.reason for name in "bc"] == ["Not checked, because of a."] * 2


async def test_a_check_that_never_ends_is_an_error_in_time() -> None:
    async def forever() -> Verdict:
        await asyncio.Event().wait()
        return ok(verbatim("Never."))

    found = await examined(Check("a", forever, verbatim("Wait.")), Check("b", well), seconds=0.01)
    assert "No answer within" in found["a"].verdict.reason
    assert found["b"].verdict.status is Status.OK


async def test_a_check_that_fails_by_itself_hides_no_other() -> None:
    async def mistaken() -> Verdict:
        raise KeyError("secret")

    found = await examined(Check("a", mistaken), Check("b", well))
    assert "failed: KeyError" in found["a"].verdict.reason
    assert "secret" not in found["a"].verdict.reason
    assert found["b"].verdict.status is Status.OK


async def test_a_used_up_limit_is_no_error_of_what_was_to_be_asked() -> None:
    async def limited() -> Verdict:
        raise TwentyOverLimit("Limit reached")

    assert (await examined(Check("a", limited)))["a"].verdict.status is Status.WARNING


async def test_they_come_in_their_order() -> None:
    checks = [Check(name, well, needs=needs) for name, needs in (("c", ["a"]), ("a", []), ("b", ["c"]))]
    assert [one.name for one in await examine(checks)] == ["c", "a", "b"]


def test_a_verdict_says_itself() -> None:
    why, how = verbatim("Why."), verbatim("How.")
    assert error(why, how) == Verdict(Status.ERROR, why, how)


def test_a_former_name_of_a_check_is_understood() -> None:
    checks = [Check("settings", well), Check("settings.anonymous", well)]
    assert [check.name for check in wanted(checks, ["settings.door"])] == ["settings.anonymous"]
