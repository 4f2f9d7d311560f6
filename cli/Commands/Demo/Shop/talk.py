"""A customer in the chat: a few questions, with pauses between them."""
import asyncio

import websockets

PAUSE_SECONDS = 0.3


async def main():
    async with websockets.connect("ws://chat.shop:8765/support") as connection:
        for said in ("is the tea fresh?", "and the cups?", "thank you"):
            await connection.send(said)
            await connection.recv()
            await asyncio.sleep(PAUSE_SECONDS)


asyncio.run(main())
