"""The stages of a batch: prepare, write, remind."""
