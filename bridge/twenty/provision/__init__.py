"""Creates the object phoneCall in a workspace, with the looks of Twenty's own objects."""

from bridge.twenty.provision.fields import FIELDS
from bridge.twenty.provision.run import Result, StepResult, Watch
from bridge.twenty.provision.setup import DashboardOutcome, Provisioned, add_dashboard, provision, set_up
from bridge.twenty.provision.webhook import PATH, NewWebhook

__all__ = [
    "FIELDS",
    "PATH",
    "DashboardOutcome",
    "NewWebhook",
    "Provisioned",
    "Result",
    "StepResult",
    "Watch",
    "add_dashboard",
    "provision",
    "set_up",
]
