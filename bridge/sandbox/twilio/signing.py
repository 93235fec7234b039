"""`X-Twilio-Signature`: how a request proves that it comes from Twilio.

https://www.twilio.com/docs/usage/security#validating-requests
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.webhooks import Setting

SIGNATURE = "X-Twilio-Signature"
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
_DIGESTS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}


class Signer:
    """Signs with one secret; the key is prepared once, for a copy costs less than a new one."""

    def __init__(self, secret: str, algorithm: str = "HMAC_SHA1") -> None:
        self._keyed = hmac.new(secret.encode(), digestmod=_DIGESTS[algorithm])

    def sign(self, url: str, params: Mapping[str, str]) -> str:
        """The signature of a request: `url` as it was given to Twilio, without its fragment."""
        mac = self._keyed.copy()
        mac.update((url + "".join(name + params[name] for name in sorted(params))).encode())
        return b64encode(mac.digest()).decode()


_signer = lru_cache(maxsize=256)(Signer)


def headers_of(
    account: Account, setting: Setting | None, url: str, params: Mapping[str, str]
) -> dict[str, str]:
    """What proves a webhook: by the auth token, or by the SharedKey of the Setting that applies."""
    if setting is None:
        return {SIGNATURE: _signer(account.auth_token).sign(url, params)}
    key = account.webhooks.shared_keys.get(setting.shared_key_id)
    named = {"key": key.id} if key else {}
    secret = key.secret if key else account.auth_token
    return {
        SIGNATURE: _signer(secret, setting.algorithm).sign(url, params),
        SETTINGS: ",".join(
            f"{name}={value}" for name, value in {**named, "algorithm": setting.algorithm}.items()
        ),
    }
