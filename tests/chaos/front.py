"""What stands between a run and its S3 server: killed, it takes every connection with it.

python -m tests.chaos.front --port 9000 --to 9001
"""

import argparse
import asyncio
import contextlib

CHUNK_BYTES = 1 << 16


async def serve(port: int, to: int) -> None:
    """Pass connections to `port` on to `to`."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward = await asyncio.open_connection("127.0.0.1", to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(passed(reader, onward[1]), passed(onward[0], writer))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    await server.serve_forever()


async def passed(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy until one side ends."""
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK_BYTES):
            target.write(chunk)
            await target.drain()
    with contextlib.suppress(OSError):
        target.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to", type=int, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.to))
