"""A Twenty to play with: a real server with the behaviour of the recorded one."""

from bridge.sandbox.twenty.faults import Faults
from bridge.sandbox.twenty.generation import GENERATIONS, NEWEST, OLDEST
from bridge.sandbox.twenty.http import Asked
from bridge.sandbox.twenty.server import TwentySandbox, twenty_sandbox

__all__ = [
    "GENERATIONS",
    "NEWEST",
    "OLDEST",
    "Asked",
    "Faults",
    "TwentySandbox",
    "twenty_sandbox",
]
