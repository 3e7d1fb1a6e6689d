"""Identical questions that are asked at the same time are answered once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

    T = TypeVar("T")


@dataclass(slots=True)
class SingleFlight:
    """Work in progress, by what is asked."""

    _pending: dict[Hashable, asyncio.Future[Any]] = field(default_factory=dict)

    async def share(self, question: Hashable, answer: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question; shared with other requests that ask the same at this moment.

        If the request that asks is cancelled or fails, each of the others asks for itself.

        Args:
            question: Tells it from any other, the state of the data included.
            answer: Finds the answer.
        """
        while (pending := self._pending.get(question)) is not None:
            try:
                shared: T = await asyncio.shield(pending)
            except asyncio.CancelledError:
                if not pending.cancelled() or _is_given_up():
                    raise
            else:
                return shared
        future = self._pending[question] = asyncio.get_running_loop().create_future()
        try:
            found = await answer()
            future.set_result(found)
        finally:
            del self._pending[question]
            if not future.done():
                future.cancel()
        return found


def _is_given_up() -> bool:
    """Whether it is this request that is cancelled, at the same time perhaps as the one that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
