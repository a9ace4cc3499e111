# SPDX-License-Identifier: Apache-2.0
"""slow_line.py DELAY_MS LISTEN:TO...: passes what comes to each port LISTEN of
127.0.0.1 on to TO, and back, so many milliseconds later each way. Says `ready`
when it listens; ends when its input does."""

import asyncio
import sys


async def pass_on(reader, writer, delay_s):
    """In order, each piece that much later than it came."""
    loop = asyncio.get_running_loop()
    pieces = asyncio.Queue()

    async def write():
        while (piece := await pieces.get()) is not None:
            at, data = piece
            await asyncio.sleep(at - loop.time())
            writer.write(data)
            await writer.drain()
        writer.close()

    writing = asyncio.create_task(write())
    try:
        while data := await reader.read(1 << 16):
            pieces.put_nowait((loop.time() + delay_s, data))
    finally:
        pieces.put_nowait(None)
        await writing


async def main():
    delay_s = int(sys.argv[1]) / 1000
    servers = []

    def passing_to(port):
        async def connected(reader, writer):
            try:
                far_reader, far_writer = await asyncio.open_connection(
                    "127.0.0.1", port)
                await asyncio.gather(
                    pass_on(reader, far_writer, delay_s),
                    pass_on(far_reader, writer, delay_s))
            except OSError:
                writer.close()

        return connected

    for line in sys.argv[2:]:
        listen, to = map(int, line.split(":"))
        servers.append(
            await asyncio.start_server(passing_to(to), "127.0.0.1", listen))
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
