"""A bridge between Twilio Voice and Twenty CRM: tokens, TwiML, and every call on the person's page."""

import sys

# structlog imports rich, which brings pygments, wherever it is installed, for tracebacks that the bridge does
# not draw: a twentieth of a start, and 3 MB. Our own commands import what they need of rich themselves.
if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]  # how Python marks what must not be imported
    import structlog  # noqa: F401

    del sys.modules["rich"]
