"""Pictures for the chat, drawn in a process of their own.

`studio` is what the chat process uses and `worker` what runs in the other process: both are light. `drawing` and all
behind it import matplotlib, and are imported by the worker alone.
"""

from bot.charts.studio import Charts
from bot.charts.worker import NotDrawn

__all__ = ["Charts", "NotDrawn"]
