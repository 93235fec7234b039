"""`python -m bridge.sandbox.twilio --port 0 --json`."""

import typer

from bridge.sandbox.twilio.cli import command

if __name__ == "__main__":
    typer.run(command)
