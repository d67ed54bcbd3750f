"""Threads and Solara's kernels: one visitor's page each.

Whatever thread is started while a page is drawn inherits the page's kernel and keeps it in memory as long as
it runs; a market's thread starts the learning that all visitors share. So it runs outside and comes in to
tell.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from solara.server import kernel_context

T = TypeVar("T")


def outside(make: Callable[..., T], *arguments: Any) -> T:
    """Make something that starts threads, with what it calls back brought into the page's kernel again.

    Args:
        make: What makes it.
        *arguments: For ``make``; functions among them are called within the kernel.
    """
    if not kernel_context.has_current_context():  # rendered without a server
        return make(*arguments)
    kernel = kernel_context.get_current_context()
    inside = [_within(kernel, one) if callable(one) else one for one in arguments]
    with kernel_context.without_context():
        return make(*inside)


def _within(kernel: kernel_context.VirtualKernelContext, call: Callable[..., object]) -> Callable[..., None]:
    def told(*news: Any) -> None:
        if not kernel.closed_event.is_set():
            with kernel:
                call(*news)

    return told
