"""All of them, one after the other."""

import asyncio

from benchmarks import drain, http, start

drain.quiet()
http.show(asyncio.run(http.measure()))
print()
drain.show(asyncio.run(drain.measure()))
print()
start.show(asyncio.run(start.measure()))
