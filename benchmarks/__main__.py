"""All of them, one after the other."""

import asyncio

from benchmarks import http, start

http.show(asyncio.run(http.measure()))
start.show(asyncio.run(start.measure()))
