"""`python -m bridge` is `twenty-bridge`."""

from bridge.cli import main

main()
