"""The unit: systemd reads it, and it lets the bridge do little."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy/systemd/twenty-bridge.service"
MOST = 2.0
"""Exposure by `systemd-analyze security`, of 10."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on PATH"
)


@needs_systemd
def test_it_is_hardened() -> None:
    command = ["systemd-analyze", "security", "--offline=true", str(UNIT)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    exposure = re.search(r"exposure level for twenty-bridge\.service: ([\d.]+)", shown)
    assert exposure is not None
    assert float(exposure[1]) < MOST


@needs_systemd
def test_systemd_understands_all_of_it(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/twenty-bridge/bin/twenty-bridge", "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_what_the_guide_installs_is_where_the_unit_looks() -> None:
    guide = (UNIT.parents[2] / "docs/how-to/systemd.md").read_text()
    for path in ("/opt/twenty-bridge", "/etc/twenty-bridge/config.yaml", "/etc/twenty-bridge/.env"):
        assert path in UNIT.read_text()
        assert path.rpartition("/")[2] in guide
