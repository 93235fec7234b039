"""Nothing is lost: callbacks are kept here before they are acknowledged, until Twenty has their call."""
