"""What the bridge writes to Twenty of a call: records, notes, tasks, timeline."""
