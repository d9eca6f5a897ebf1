"""Keep what stays out of the way of the garbage collector."""

import gc
import sys

_loaded = 0


def spare_libraries() -> None:
    """Spare what is loaded from garbage collection, where more is than at the last time.

    Streamlit collects garbage after every run of a script, twice a second while a page shows how
    far an explanation is. To look through all that the libraries have made takes a fifth of a
    second, in which no other thread of the server runs Python.
    """
    global _loaded
    if len(sys.modules) > _loaded:
        _loaded = len(sys.modules)
        spare()


def spare() -> None:
    """Collect garbage everywhere, and spare what is left from now on.

    What a visitor has just now is spared with it. It goes when nothing refers to it, as ever; only
    of what refers to itself in a circle, something is kept until this is called again.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
