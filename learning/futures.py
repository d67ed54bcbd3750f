"""Futures of what is known or computed on the spot."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


def done(answer: Any) -> Future[Any]:
    """Return the future of an answer that is there."""
    future: Future[Any] = Future()
    future.set_result(answer)
    return future


def at_once(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """Run a function now, and return the future of its answer or failure."""
    future: Future[Any] = Future()
    try:
        future.set_result(function(*arguments))
    except Exception as error:
        future.set_exception(error)
    return future
