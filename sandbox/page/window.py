"""Opening the page in a browser, where somebody sits before one."""

import sys
import webbrowser
from collections.abc import Callable, Mapping
from threading import Thread


def open_page(
    url: str, environment: Mapping[str, str], *, is_terminal: bool, browse: Callable[[str], object] = webbrowser.open
) -> bool:
    """Open the page beside a person's terminal on a desktop; tell whether that was tried.

    Without a desktop `webbrowser` would start a text browser inside the very terminal that the demo uses.
    """
    has_desktop = sys.platform == "darwin" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if not (is_terminal and has_desktop):
        return False
    # Some browsers return only when they are closed.
    Thread(target=browse, args=(url,), name="browser", daemon=True).start()
    return True
