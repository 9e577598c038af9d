#!/usr/bin/env python3
"""A client in 30 lines, with pyzmq and nothing else: client.py [host:port of any replica]"""
import sys, time, zmq

OK, NOT_FOUND, NOT_LEADER, OVERLOADED = 0, 1, 2, 5  # Code, in chorus.proto
WRITE, READ, GET, SET, DELETE = 2, 3, 0, 1, 2  # fields of Request, operations of KvCommand

def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

def field(number, value):  # a number, or bytes behind their length
    wire, body = (0, varint(value)) if isinstance(value, int) else (2, varint(len(value)) + value)
    return varint(number << 3 | wire) + body

def parse(data):  # the fields of a message; Chorus answers with numbers and bytes only
    stream, found = iter(data), {}
    def number(byte):
        return byte if byte < 128 else byte & 127 | number(next(stream)) << 7
    for byte in stream:
        tag, value = number(byte), number(next(stream))
        found[tag >> 3] = bytes(next(stream) for _ in range(value)) if tag & 7 == 2 else value
    return found

def ask(kind, operation, key, value=b""):
    global server
    for _ in range(100):
        with zmq.Context.instance().socket(zmq.REQ) as socket:
            socket.linger, socket.rcvtimeo = 0, 5000
            socket.connect("tcp://" + server)
            command = field(1, operation) + field(2, key) + field(3, value)
            socket.send(field(1, field(1, 1) + field(kind, command)))
            answer = parse(parse(socket.recv())[1])  # zmq.Again: the outcome of a write is unknown
        if answer.get(2, OK) not in (NOT_LEADER, OVERLOADED):  # these two are certain not to have been applied
            return answer.get(2, OK), answer.get(3, answer.get(4, b""))
        server = answer.get(6, server.encode()).decode()
        time.sleep(0.05)
    raise SystemExit("no leader was found")


server = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:11000"
key = b"example-%d" % time.time_ns()
assert ask(READ, GET, key) == (NOT_FOUND, b"")
assert ask(WRITE, SET, key, b"hello from Python") == (OK, b"")
print(ask(READ, GET, key)[1].decode(), "through", server)
assert ask(WRITE, DELETE, key)[0] == OK
assert ask(READ, GET, key)[0] == NOT_FOUND
