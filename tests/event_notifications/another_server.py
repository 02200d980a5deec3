"""A second server, in a process and on a database of its own: prints its port, and serves until it is stopped."""

import asyncio
import os
import sys

from server import app as server_app
from server.subdomains.event_notifications.wiring import event_notifications
from tests.event_notifications.things import Listener, things


async def main() -> None:
    listener = Listener()
    if failing := os.environ.get("FAILING"):
        listener.failing[failing] = ValueError()
    app = server_app.build(compose=lambda platform: [event_notifications(platform), things(listener)(platform)])
    stopping = server_app.stop_signal()
    await app.start()
    server = app.server()
    [port] = server.listen(["127.0.0.1:0"])
    await server.start()
    print(port, flush=True)
    await stopping.wait()
    await server.drain(notice_seconds=0, grace_seconds=1)
    await app.stop()


if __name__ == "__main__":
    asyncio.run(main())
    sys.exit(0)
