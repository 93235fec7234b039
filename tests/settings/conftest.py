"""A whole and right environment to leave things out of, and secrets to look for."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bridge.settings import Settings, load

SECRETS = {
    "TWILIO_AUTH_TOKEN": "secret-auth-token,secret-second-token",
    "TWILIO_API_SECRET": "secret-api-secret",
    "TWENTY_API_TOKEN": "secret-twenty-token",
    "TWENTY_WEBHOOK_SECRET": "secret-webhook-secret",
    "BRIDGE_WIDGET_KEYS": "secret-widget-key-1, secret-widget-key-2",
    "BRIDGE_LINK_KEYS": "secret-link-key-1, secret-link-key-2",
}
ENVIRONMENT = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_API_KEY": "SK" + "0" * 32,
    "TWILIO_APP_SID": "AP" + "0" * 32,
    "TWILIO_PHONE_NUMBER": "+33159130001",
    "TWENTY_API_URL": "https://crm.example.com",
    "BRIDGE_PUBLIC_URL": "https://phone.example.com",
    **SECRETS,
}

Load = Callable[..., Settings]


@pytest.fixture
def loading(tmp_path: Path) -> Load:
    """`loading(config, env_file, VARIABLE=…)`: a right environment, and changes to it; None leaves out."""

    def call(config: str | bytes = "", env_file: str | bytes = "", /, **changes: str | None) -> Settings:
        environ = {name: v for name, v in {**ENVIRONMENT, **changes}.items() if v is not None}
        return load(
            written(tmp_path / "config.yaml", config),
            env_file=written(tmp_path / ".env", env_file),
            environ=environ,
        )

    return call


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def only(*names: str) -> Mapping[str, str | None]:
    """Changes that leave nothing but these."""
    return {name: value if name in names else None for name, value in ENVIRONMENT.items()}
