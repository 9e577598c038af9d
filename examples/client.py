#!/usr/bin/env python3
"""Sets, gets and deletes a key with pyzmq and nothing else: client.py [host:port of any replica]"""
import sys, time, zmq

OK, NOT_FOUND, NOT_LEADER, OVERLOADED = 0, 1, 2, 5  # Code, in chorus.proto
WRITE, READ = 2, 3  # fields of Request
GET, SET, DELETE = 0, 1, 2  # KvCommand.Operation


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value

def number(data, at):  # the varint at a place, and the place behind it
    n = shift = 0
    while True:
        n, shift, at = n | (data[at] & 127) << shift, shift + 7, at + 1
        if data[at - 1] < 128:
            return n, at

def parse(data):  # the fields of a message; Chorus answers with varints and byte strings only
    found, at = {}, 0
    while at < len(data):
        tag, at = number(data, at)
        value, at = number(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        found[tag >> 3] = value
    return found

def ask(kind, operation, key, value=b""):
    global server
    request = field(1, 1) + field(kind, field(1, operation) + field(2, key) + field(3, value))
    for _ in range(100):
        with zmq.Context.instance().socket(zmq.REQ) as socket:
            socket.linger, socket.rcvtimeo = 0, 5000
            socket.connect("tcp://" + server)
            socket.send(field(1, request))
            answer = parse(parse(socket.recv())[1])  # zmq.Again: the outcome of a write is unknown
        code = answer.get(2, OK)
        if code not in (NOT_LEADER, OVERLOADED):  # these two are certain not to have been applied
            return code, answer.get(3, answer.get(4, b""))
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
