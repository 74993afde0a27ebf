"""The command line: fit, predict, summarise and explain models without writing Python.

Nothing here imports torch or pandas before a command needs it, so that help comes at once.
"""

from tabmixnn.cli.main import main

__all__ = ["main"]
