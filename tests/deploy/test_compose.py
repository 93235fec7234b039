"""The compose file: each profile is whole, and takes of `.env` what `.env.example` has."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.settings.variables import ENVIRONMENT
from tests.caddy import needs_caddy

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROFILES = {
    "alone": {"bridge"},
    "twenty": {"bridge", "proxy", "twenty-server", "twenty-worker", "twenty-database", "twenty-redis"},
    "replicas": {"replica", "replicas-proxy", "bridge-database"},
}
OURS = ("bridge", "replica")


def of_example() -> set[str]:
    text = (ROOT / ".env.example").read_text()
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


@pytest.mark.parametrize(("profile", "services"), PROFILES.items())
def test_a_profile_is_whole(profile: str, services: set[str]) -> None:
    assert {name for name, service in SERVICES.items() if profile in service["profiles"]} == services
    for name in services:
        assert set(SERVICES[name].get("depends_on", {})) <= services


def test_every_service_is_of_a_profile() -> None:
    assert {profile for service in SERVICES.values() for profile in service["profiles"]} == PROFILES.keys()


def test_every_variable_is_in_the_example() -> None:
    assert set(re.findall(r"\$\{([A-Z_]+)", TEXT)) <= of_example()
    assert ENVIRONMENT.keys() <= of_example()


@pytest.mark.parametrize("name", OURS)
def test_the_bridge_gets_its_own_settings_and_no_others(name: str) -> None:
    given = set(SERVICES[name]["environment"])
    # Where the database is, is the profile's affair.
    assert given - {"BRIDGE_DATABASE_URL"} == ENVIRONMENT.keys() - {"BRIDGE_DATABASE_URL"}


def test_twentys_webhook_may_go_to_the_proxy() -> None:
    server, worker = (SERVICES[f"twenty-{name}"]["environment"] for name in ("server", "worker"))
    # Of 2.21 on the worker alone; of later versions on both.
    assert worker["OUTBOUND_HTTP_SAFE_MODE_ENABLED"] == "${TWENTY_OUTBOUND_SAFE_MODE:-true}"
    assert "OUTBOUND_HTTP_SAFE_MODE_ENABLED" not in server
    host = server["OUTBOUND_HTTP_ALLOWED_INTERNAL_HOSTS"]
    assert (
        worker["OUTBOUND_HTTP_ALLOWED_INTERNAL_HOSTS"]
        == host
        == server["SERVER_URL"].removeprefix("https://")
    )
    assert f"{host}" in SERVICES["proxy"]["networks"]["default"]["aliases"]


@pytest.mark.parametrize("name", [*OURS, "proxy", "replicas-proxy"])
def test_what_faces_the_world_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_only_proxies_listen_on_all_addresses() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published.keys() == {"bridge", "proxy", "replicas-proxy"}
    assert all(port.startswith("127.0.0.1:") for port in published["bridge"])


def test_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = default_of(volume.partition(":/")[0])
            assert (ROOT / source).exists() if "/" in source else source in COMPOSE["volumes"]


def default_of(value: str) -> str:
    """What stands for `${NAME:-default}` where the variable is not set."""
    return value.partition(":-")[2].removesuffix("}") if value.startswith("${") else value


@needs_caddy
@pytest.mark.parametrize("place", ["root", "twenty"])
def test_caddy_takes_it(place: str) -> None:
    command = ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")]
    adapted = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "BRIDGE_AT": place}
    )
    assert ("/phone/*" in adapted.stdout) == ("127.0.0.1:3000" in adapted.stdout) == (place == "twenty")
