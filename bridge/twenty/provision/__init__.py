"""Gives a workspace the object phoneCall, and makes it look as if Twenty had brought it along."""

from bridge.twenty.provision.fields import FIELDS
from bridge.twenty.provision.run import Outcome, Result, Watch
from bridge.twenty.provision.setup import Provisioned, provision, set_up
from bridge.twenty.provision.webhook import PATH, NewWebhook

__all__ = ["FIELDS", "PATH", "NewWebhook", "Outcome", "Provisioned", "Result", "Watch", "provision", "set_up"]
