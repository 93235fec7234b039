"""`python -m bridge.sandbox.twenty`"""

import typer

from bridge.sandbox.twenty.cli import command

if __name__ == "__main__":
    typer.run(command)
