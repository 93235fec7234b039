"""`setup twilio`: plans and makes the changes that an account needs for a bridge."""

from bridge.twilio.provision.plan import Desired, SetupPlan, There, plan_for
from bridge.twilio.provision.run import carry_out, look

__all__ = ["Desired", "SetupPlan", "There", "carry_out", "look", "plan_for"]
