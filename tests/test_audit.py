"""What the audit makes of pip-audit's answers."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parents[1] / ".ci" / "audit"
GOOD = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
BAD = {"name": "twilio", "version": "9.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["9.1"]}]}
UNKNOWN = {"name": "yarl", "skip_reason": "Dependency not found"}


def audited(folder: Path, *, says: str, status: int) -> tuple[int, str]:
    """Exit status and output, where pip-audit says that."""
    folder.joinpath("answer").write_text(says)
    fake = folder / "pip-audit"
    fake.write_text(f"#!/bin/sh\ncat {folder}/answer\necho 'ServiceError: no network' >&2\nexit {status}\n")
    fake.chmod(0o755)
    lock = folder / "requirements.lock"
    lock.touch()
    os.utime(lock, (time.time() - 10,) * 2)
    told = subprocess.run(
        [sys.executable, str(AUDIT), str(fake), str(lock), str(folder / "audited")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in told.stderr
    return told.returncode, told.stdout.strip()


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([GOOD], 0, "No known vulnerabilities in 1 packages"),
        ([GOOD, UNKNOWN], 0, "No known vulnerabilities in 1 packages without yarl"),
        ([GOOD, BAD], 1, "twilio 9.0: PYSEC-1, mended in 9.1"),
        ([UNKNOWN], 0, "Dependencies were not audited: the service knows none of the packages."),
    ],
)
def test_answers(tmp_path: Path, packages: list[dict[str, Any]], status: int, said: str) -> None:
    answer = json.dumps({"dependencies": packages, "fixes": []})
    assert audited(tmp_path, says=answer, status=status) == (status, said)


@pytest.mark.parametrize("says", ["", "garbage", "[]"])
def test_without_a_network_the_build_goes_on(tmp_path: Path, says: str) -> None:
    said = "Dependencies were not audited: ServiceError: no network."
    assert audited(tmp_path, says=says, status=1) == (0, said)


def test_what_was_audited_today_is_not_asked_again(tmp_path: Path) -> None:
    good = json.dumps({"dependencies": [GOOD], "fixes": []})
    assert audited(tmp_path, says=good, status=0)[1] != ""
    assert audited(tmp_path, says=json.dumps({"dependencies": [BAD]}), status=1) == (0, "")
    os.utime(tmp_path / "audited", (time.time() - 25 * 3600,) * 2)
    assert audited(tmp_path, says=json.dumps({"dependencies": [BAD]}), status=1)[0] == 1
