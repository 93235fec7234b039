"""The durable queue: callbacks are stored here before they are acknowledged, until Twenty has their call."""
