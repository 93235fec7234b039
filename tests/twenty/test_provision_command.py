"""`twenty-bridge setup twenty`, as it is typed."""

import asyncio
import os
import pty
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox
from tests.support import ask
from tests.twenty.provisioning import mutations, workspace
from tests.twenty.test_provision_again import deletes_tabs
from tests.twenty.test_provision_dashboard import STEP, dashboards

SECRET = "0123456789abcdef"


async def setup_twenty(
    twenty: TwentySandbox, folder: Path, *options: str, **environment: str
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "setup", "twenty", *options),
        env=environment_of(twenty) | environment,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return await process.wait(), out.decode(), err.decode()


def environment_of(twenty: TwentySandbox) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TWILIO_", "TWENTY_", "BRIDGE_"))}
    own = {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "auth-token",
        "TWILIO_API_KEY": "SK" + "0" * 32,
        "TWILIO_API_SECRET": "api-secret",
        "TWILIO_APP_SID": "AP" + "0" * 32,
        "TWILIO_PHONE_NUMBER": "+33159130001",
        "TWENTY_API_URL": twenty.url,
        "TWENTY_API_TOKEN": twenty.api_key,
        "BRIDGE_PUBLIC_URL": "https://crm.example.com/phone",
    }
    return {**inherited, **own}


async def at_terminal(twenty: TwentySandbox, folder: Path, answer: str) -> tuple[int, str]:
    """Exit status, and what a terminal shows, where one answers the one question."""
    leader, follower = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "setup", "twenty"),
        env=environment_of(twenty) | {"TWENTY_WEBHOOK_SECRET": SECRET, "COLUMNS": "200"},
        cwd=folder,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)

    def talk() -> str:
        shown = b""
        # Reading fails once the command has ended: https://man7.org/linux/man-pages/man7/pty.7.html
        with suppress(OSError):
            while chunk := os.read(leader, 10_000):
                shown += chunk
                if shown.endswith(b"[y/N]: "):
                    os.write(leader, f"{answer}\n".encode())
        os.close(leader)
        return shown.decode()

    shown = await asyncio.to_thread(talk)
    return await process.wait(), shown


async def test_plan_work_and_nothing_left(bare: TwentySandbox, tmp_path: Path) -> None:
    status, plan, err = await setup_twenty(bare, tmp_path, "--dry-run", TWENTY_WEBHOOK_SECRET=SECRET)
    assert (status, err, mutations(bare)) == (0, "", [])
    assert "to do: create the object phoneCall\n" in plan
    assert "to do: register the webhook to https://crm.example.com/phone/twenty/webhook\n" in plan
    status, done, err = await setup_twenty(bare, tmp_path, TWENTY_WEBHOOK_SECRET=SECRET)
    assert (status, err) == (0, "")
    assert done == plan.replace("to do: ", "done: ")
    assert SECRET not in plan + done
    status, again, _ = await setup_twenty(bare, tmp_path, TWENTY_WEBHOOK_SECRET=SECRET)
    assert (status, again.startswith("Nothing to do")) == (0, True)


async def test_it_speaks_the_operator_s_language(bare: TwentySandbox, tmp_path: Path) -> None:
    status, plan, _ = await setup_twenty(bare, tmp_path, "--dry-run", LC_ALL="fr_FR.UTF-8")
    assert status == 0
    *steps, hint = plan.splitlines()
    assert all(step.startswith("à faire : ") for step in steps)
    assert "à faire : créer l'objet phoneCall" in steps
    assert "à faire : ajouter l'onglet « Phone calls » à la page : une personne" in steps
    assert hint.startswith("Laissé de côté : le webhook par lequel Twenty signale les personnes modifiées.")


async def test_without_a_secret_it_says_how_to_make_one(twenty: TwentySandbox, tmp_path: Path) -> None:
    status, out, _ = await setup_twenty(twenty, tmp_path)
    assert (status, "TWENTY_WEBHOOK_SECRET" in out, "openssl rand -hex 32" in out) == (0, True, True)


async def test_what_a_key_may_not_is_said_and_fails(twenty: TwentySandbox, tmp_path: Path) -> None:
    status, out, err = await setup_twenty(twenty, tmp_path, TWENTY_API_TOKEN=twenty.readonly_key)
    assert (status, "done" in out) == (1, False)
    assert "not allowed (Views): create the view “My calls”\n" in err
    assert "Settings permissions → Data model, Views, Layouts; then run this again." in err


@pytest.mark.parametrize("generation", [OLDEST])
async def test_at_a_terminal_a_dashboard_is_asked_for(twenty: TwentySandbox, tmp_path: Path) -> None:
    status, shown = await at_terminal(twenty, tmp_path, "n")
    assert (status, f"to do: {STEP}" in shown, await dashboards(twenty)) == (0, True, [])
    status, shown = await at_terminal(twenty, tmp_path, "y")
    assert (status, f"done: {STEP}" in shown, len(await dashboards(twenty))) == (0, True, 1)


@pytest.mark.parametrize("generation", [NEWEST])
async def test_why_there_is_no_dashboard_is_said(twenty: TwentySandbox, tmp_path: Path) -> None:
    status, out, _ = await setup_twenty(twenty, tmp_path, "--dashboard", "--dry-run")
    assert (status, "no gridPosition" in out, await dashboards(twenty)) == (0, True, [])


@pytest.mark.parametrize("generation", [OLDEST])
async def test_what_users_removed_is_said_with_the_option_that_restores_it(
    twenty: TwentySandbox, tmp_path: Path
) -> None:
    await setup_twenty(twenty, tmp_path, "--dashboard")
    await deletes_tabs(await workspace(twenty))
    (record,) = await dashboards(twenty)
    await ask(twenty, "mutation ($id: UUID!) { deleteDashboard(id: $id) { id } }", id=record["id"])
    status, out, _ = await setup_twenty(twenty, tmp_path, "--dashboard")
    left = "left out, as a user removed it: add the tab “Phone calls” to the page of a person"
    assert (status, left in out) == (0, True)
    assert "`twenty-bridge setup twenty --restore` restores it." in out
    assert "`twenty-bridge setup twenty --dashboard --restore` restores it." in out
    status, out, _ = await setup_twenty(twenty, tmp_path, "--dashboard", "--restore")
    assert (status, "done: add the tab “Phone calls” to the page of a person" in out) == (0, True)
    assert await dashboards(twenty) == [record]
