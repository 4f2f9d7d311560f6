"""The shop's chat: whatever is said over the WebSocket is answered."""
import asyncio

import websockets


async def talk(connection, path=None):
    async for said in connection:
        await connection.send("you asked: " + said)


async def main():
    async with websockets.serve(talk, "10.77.0.14", 8765):
        await asyncio.Future()


asyncio.run(main())
