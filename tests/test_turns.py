"""Accounts take turns at connections, and none has all of them."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Float, Text, cast, func, literal, select

from db.database import Database
from db.turns import Turns, asker
from errors import OverloadedError


async def taken(turns: Turns, account_id: str) -> str:
    asker.set(account_id)
    return await turns.take()


async def at_once(turns: Turns, *accounts: str) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(taken(turns, account)) for account in accounts]
    await asyncio.sleep(0.01)
    return tasks


async def test_no_account_has_all_and_those_who_wait_take_turns() -> None:
    turns = Turns(3, 2, 5)
    greedy = await at_once(turns, *"aaaa")
    assert [task.done() for task in greedy] == [True, True, False, False]
    (other,) = await at_once(turns, "b")
    assert other.done()  # at once, though others wait
    late = await at_once(turns, "b", "c")
    turns.give_back("a")
    await asyncio.sleep(0.01)
    assert [task.done() for task in (*greedy[2:], *late)] == [True, False, False, False]
    turns.give_back("a")
    await asyncio.sleep(0.01)
    assert [task.done() for task in (*greedy[2:], *late)] == [True, False, True, False]  # b was before c
    for account in "abbac":
        turns.give_back(account)
        await asyncio.sleep(0.01)
    assert all(task.done() for task in (*greedy, *late))
    await asyncio.wait_for(turns.all_back(), 1)


async def test_who_goes_or_waits_too_long_leaves_nothing() -> None:
    turns = Turns(1, 1, 0.05)
    assert await taken(turns, "a") == "a"
    (gone, late) = await at_once(turns, "b", "c")
    gone.cancel()
    with pytest.raises(OverloadedError, match="no connection"):
        await late
    (just,) = await at_once(turns, "b")
    turns.give_back("a")
    just.cancel()  # in the moment in which it gets one
    await asyncio.gather(just, return_exceptions=True)
    await asyncio.wait_for(turns.all_back(), 1)
    assert await taken(turns, "c") == "c"


async def test_an_account_that_asks_much_does_not_keep_others_from_a_server(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("a file is read by one thread")

    async def asked(account_id: str, seconds: float) -> None:
        asker.set(account_id)
        await database.rows(select(cast(func.pg_sleep(literal(seconds, Float)), Text).label("slept")))

    greedy = [asyncio.create_task(asked("a", 1.0)) for _ in range(30)]
    await asyncio.sleep(0.2)
    await asyncio.wait_for(asyncio.create_task(asked("b", 0.0)), 0.7)
    for task in greedy:
        task.cancel()
    await asyncio.gather(*greedy, return_exceptions=True)
