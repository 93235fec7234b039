"""The whole thing on one machine: two sandboxes, the bridge as a process of its own, and some calls."""
