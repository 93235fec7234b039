"""What docs/security.md says of the container stands in the files that make it."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_nothing_can_be_written_but_one_volume() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    bridge = compose["services"]["bridge"]
    assert bridge["read_only"] is True
    assert bridge["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in bridge["security_opt"]
    writable = [volume for volume in bridge["volumes"] if not volume.endswith(":ro")]
    assert writable == ["data:/srv/data"]
    assert not {"privileged", "cap_add", "tmpfs", "user"} & bridge.keys()


def test_it_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    last = "\n".join(lines[max(n for n, line in enumerate(lines) if line.startswith("FROM ")) :])
    assert "useradd --system --uid 10001" in last
    assert "\nUSER bridge\n" in last
    assert last.index("USER bridge") < last.index("ENTRYPOINT")
