"""The demo's page: the phone, the account, the clock and the switches for trouble, in a browser on this machine."""

from sandbox.page.server import Page, PortTaken
from sandbox.page.window import open_page

__all__ = ["Page", "PortTaken", "open_page"]
