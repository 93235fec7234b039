"""Sends requests over a number of connections, and times each."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import aiohttp

from benchmarks.requests import Request


async def send(url: str, requests: Sequence[Request], *, connections: int) -> list[float]:
    """Seconds that each answer took; an answer that is no success ends the run."""
    waiting = iter(requests)
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        took = await asyncio.gather(*[_sender(session, waiting) for _ in range(connections)])
    return [seconds for part in took for seconds in part]


async def _sender(session: aiohttp.ClientSession, waiting: Iterator[Request]) -> list[float]:
    took = []
    for request in waiting:
        began = time.perf_counter()
        async with session.post(request.path, data=request.body, headers=request.headers) as answer:
            await answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{request.path}: {answer.status}")
        took.append(time.perf_counter() - began)
    return took
