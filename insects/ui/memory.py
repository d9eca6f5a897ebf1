"""What the server remembers of photos: a visitor's own only as long as their session.

Samples and the photos of datasets that everybody sees are alike for all visitors, so what is made
of them is kept for all. What is made of a photo that a visitor brought is kept in that visitor's
session, and Streamlit forgets it when the page is left.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
T = TypeVar("T")


def kept(most: int, own: int) -> Callable[[Callable[P, T]], Callable[Concatenate[bool, P], T]]:
    """Return a decorator that keeps what a function returns, by its arguments.

    The decorated function takes one argument more, the first: whether everybody sees the photo. As
    in Streamlit, arguments whose names begin with _ do not count, and everybody gets a copy.

    Args:
        most: results that are kept for all visitors.
        own: results that are kept for each session.
    """

    def decorate(function: Callable[P, T]) -> Callable[Concatenate[bool, P], T]:
        for_all = st.cache_data(max_entries=most, show_spinner=False)(function)
        for_one = st.cache_data(max_entries=own, show_spinner=False, scope="session")(function)

        def call(is_shared: bool, /, *arguments: P.args, **options: P.kwargs) -> T:
            return (for_all if is_shared else for_one)(*arguments, **options)

        return call

    return decorate


class Results:
    """The latest results of finished jobs, by their keys. Threads may use it at once.

    Args:
        most: results that are kept.
        most_large: of them, results of a job that is pixelwise, each about 2 MB.
    """

    def __init__(self, most: int, most_large: int) -> None:
        self._found: dict[bool, OrderedDict[tuple, Any]] = {
            False: OrderedDict(),
            True: OrderedDict(),
        }
        self._most = {False: most, True: most_large}
        self._lock = Lock()

    def find(self, key: tuple, is_large: bool) -> Any:
        """Return the result of that key, None where there is none."""
        with self._lock:
            found = self._found[is_large]
            if key in found:
                found.move_to_end(key)
            return found.get(key)

    def keep(self, key: tuple, is_large: bool, result: Any) -> None:
        """Keep a result, and drop the one that was asked for longest ago."""
        with self._lock:
            found = self._found[is_large]
            found[key] = result
            while len(found) > self._most[is_large]:
                found.popitem(last=False)
