"""The bridge under a deterministic event loop: time, order, network and disk come from a seed."""
