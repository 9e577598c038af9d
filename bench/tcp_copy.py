"""A plain copy over TCP on loopback: what moving so many bytes costs at least. One process sends from memory, this one receives."""
import multiprocessing
import socket
import time

BLOCK = 256 << 10


def tcp_copy(size):
    """Seconds until a process has received so many bytes from another one."""
    listener = socket.create_server(("127.0.0.1", 0))
    sender = multiprocessing.Process(target=send, args=(listener.getsockname()[1], size))
    sender.start()
    connection, _ = listener.accept()
    buffer = memoryview(bytearray(BLOCK))
    begin, got = time.monotonic(), 0
    while got < size:
        n = connection.recv_into(buffer)
        if n == 0:
            raise RuntimeError("the copy broke off")
        got += n
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
