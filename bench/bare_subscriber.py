"""The least that a process which records a feed could do: writes what comes to a file as it is, and flushes it every 25 ms.

    /usr/bin/python3 bench/bare_subscriber.py ENDPOINT FILE

No check, no index, no catch-up: a limit to compare an observer with, not an observer. Needs pyzmq (Debian: python3-zmq).
"""
import os
import signal
import sys
import time

import zmq

FLUSH_SECONDS = 0.025


def main(endpoint, path):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.posix_fallocate(fd, 0, 1 << 30)
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"log")
        socket.connect(endpoint)
        due, written = 0.0, False
        while True:
            wait = max(0, due - time.monotonic()) * 1000 if written else 1000
            if socket.poll(wait):
                frames = socket.recv_multipart(copy=False)
                os.write(fd, frames[-1].buffer)
                written = True
            if written and time.monotonic() >= due:
                os.fdatasync(fd)
                due, written = time.monotonic() + FLUSH_SECONDS, False


if __name__ == "__main__":
    main(*sys.argv[1:])
