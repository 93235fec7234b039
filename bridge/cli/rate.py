"""How fast it goes."""

from rich.progress import ProgressColumn, Task
from rich.text import Text


class RateColumn(ProgressColumn):
    """`87 calls/s`; what is counted is the task's `unit`."""

    def render(self, task: Task) -> Text:
        """Nothing while nothing can be said."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f} {task.fields['unit']}/s" if speed else "")
