"""Identical questions in flight: asked once, and no one is left with the fate of another."""

from __future__ import annotations

import asyncio

import pytest

from api.single_flight import SingleFlight


class Source:
    """Answers once it is let; counts how often it was asked, and who asks at the same time."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = asyncio.Event()
        self.fails: list[Exception] = []

    async def answer(self) -> int:
        self.asked += 1
        number = self.asked
        await self.open.wait()
        if self.fails:
            raise self.fails.pop(0)
        return number


async def settle() -> None:
    """Let all that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_identical_questions_are_asked_once() -> None:
    async def check() -> None:
        flights, source, other = SingleFlight(), Source(), Source()
        same = [asyncio.create_task(flights.share("a", source.answer)) for _ in range(8)]
        another = asyncio.create_task(flights.share("b", other.answer))
        await settle()
        source.open.set()
        assert await asyncio.gather(*same) == [1] * 8
        assert not another.done()
        other.open.set()
        assert await another == 1
        assert (source.asked, other.asked) == (1, 1)

    asyncio.run(check())


def test_an_answer_is_not_kept() -> None:
    async def check() -> None:
        flights, source = SingleFlight(), Source()
        source.open.set()
        assert [await flights.share("a", source.answer) for _ in range(3)] == [1, 2, 3]

    asyncio.run(check())


def test_who_follows_asks_again_when_the_first_gives_up() -> None:
    async def check() -> None:
        flights, source = SingleFlight(), Source()
        leader, *followers = [asyncio.create_task(flights.share("a", source.answer)) for _ in range(5)]
        await settle()
        leader.cancel()
        await settle()
        assert source.asked == 2, "one of the others leads now, and one alone"
        source.open.set()
        assert await asyncio.gather(*followers) == [2] * 4
        assert leader.cancelled()

    asyncio.run(check())


def test_who_follows_may_give_up_alone() -> None:
    async def check() -> None:
        flights, source = SingleFlight(), Source()
        leader, quitter, follower = [asyncio.create_task(flights.share("a", source.answer)) for _ in range(3)]
        await settle()
        quitter.cancel()
        await settle()
        assert quitter.cancelled()
        assert source.asked == 1
        source.open.set()
        assert await asyncio.gather(leader, follower) == [1, 1]

    asyncio.run(check())


def test_all_may_give_up() -> None:
    async def check() -> None:
        flights, source = SingleFlight(), Source()
        tasks = [asyncio.create_task(flights.share("a", source.answer)) for _ in range(4)]
        await settle()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() for task in tasks)
        source.open.set()
        assert await flights.share("a", source.answer) == source.asked

    asyncio.run(check())


def test_an_error_is_of_the_one_who_met_it() -> None:
    async def check() -> None:
        flights, source = SingleFlight(), Source()
        source.fails = [ValueError("first"), ValueError("second")]
        tasks = [asyncio.create_task(flights.share("a", source.answer)) for _ in range(5)]
        await settle()
        source.open.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert sorted(str(one) for one in found if isinstance(one, ValueError)) == ["first", "second"]
        assert sum(isinstance(one, int) and one > 2 for one in found) == 3

    asyncio.run(check())


def test_an_answer_may_be_nothing() -> None:
    async def check() -> None:
        flights = SingleFlight()
        asked = 0

        async def nothing() -> None:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0)

        tasks = [asyncio.create_task(flights.share("a", nothing)) for _ in range(3)]
        assert await asyncio.gather(*tasks) == [None] * 3
        assert asked == 1

    asyncio.run(check())


@pytest.mark.parametrize("count", [2, 50])
def test_a_follower_that_is_given_up_with_its_leader_is_given_up(count: int) -> None:
    """No one goes on asking for a request that is gone."""

    async def check() -> None:
        flights, source = SingleFlight(), Source()
        tasks = [asyncio.create_task(flights.share("a", source.answer)) for _ in range(count)]
        await settle()
        for task in tasks[:-1]:
            task.cancel()
        await settle()
        source.open.set()
        assert await tasks[-1] == source.asked <= 2

    asyncio.run(check())
