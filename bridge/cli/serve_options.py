"""`serve`."""

from bridge.cli.options import ConfigFile


def serve(config: ConfigFile = None) -> None:
    """Run the bridge."""
    from bridge.cli.serve import run

    run(config)
