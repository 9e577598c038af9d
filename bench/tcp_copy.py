"""A plain copy over TCP on loopback: what moving so many bytes costs at least. One process sends from memory, this one receives."""
import mmap
import multiprocessing
import os
import socket
import time

BLOCK = 256 << 10


def tcp_copy(size, path=None, keeps=False):
    """Seconds until a process has received so many bytes from another one.

    They go into one small buffer again and again; where they are kept, into memory that was never touched before, and with a path into a
    file as well, which is synced at the end.
    """
    memory = memoryview(mmap.mmap(-1, size)) if keeps or path else None
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600) if path else None
    listener = socket.create_server(("127.0.0.1", 0))
    sender = multiprocessing.Process(target=send, args=(listener.getsockname()[1], size))
    sender.start()
    connection, _ = listener.accept()
    buffer = memoryview(bytearray(BLOCK))
    begin, got = time.monotonic(), 0
    while got < size:
        into = buffer if memory is None else memory[got:got + BLOCK]
        n = connection.recv_into(into)
        if n == 0:
            raise RuntimeError("the copy broke off")
        if file is not None:
            os.write(file, into[:n])
        got += n
    if file is not None:
        os.fsync(file)
        os.close(file)
        os.unlink(path)
    seconds = time.monotonic() - begin
    connection.close()
    listener.close()
    sender.join()
    return seconds


def send(port, size):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        block = memoryview(bytes(BLOCK))
        while size > 0:
            piece = block[:min(size, BLOCK)]
            connection.sendall(piece)
            size -= len(piece)
