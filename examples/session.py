#!/usr/bin/env python3
"""Writes that are applied once, however often they are sent, with pyzmq: session.py [host:port of any replica]"""
import sys, time, zmq

OK, NOT_LEADER, OVERLOADED = 0, 2, 5  # Code, in chorus.proto
WRITE, SESSION, SEQUENCE, ACKNOWLEDGED_BELOW, CHANGE_SESSION = 2, 11, 12, 14, 15  # fields of Request
INCREMENT, CLOSE = 4, 2  # an operation of KvCommand, an action of ChangeSession

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

def ask(request):  # until an answer comes: in a session that is safe
    global server
    while True:
        with zmq.Context.instance().socket(zmq.REQ) as socket:
            socket.linger, socket.rcvtimeo = 0, 1000
            socket.connect("tcp://" + server)
            socket.send(field(1, field(1, 1) + request))
            try:
                answer = parse(parse(socket.recv())[1])
            except zmq.Again:
                continue
        if answer.get(2, OK) not in (NOT_LEADER, OVERLOADED):
            return answer.get(2, OK), answer.get(3, answer.get(4, b"")), answer.get(7)
        server = answer.get(6, server.encode()).decode()
        time.sleep(0.05)


server = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:11000"
session = parse(ask(field(CHANGE_SESSION, b""))[1])[1]
command = field(1, INCREMENT) + field(2, b"example-%d" % time.time_ns()) + field(5, 2)  # delta 1, zigzag
write = lambda n: ask(field(WRITE, command) + field(SESSION, session) + field(SEQUENCE, n) + field(ACKNOWLEDGED_BELOW, 1))
first, second, again = write(1), write(2), write(1)
assert first[:2] == (OK, b"1") and second[:2] == (OK, b"2") and again == first, (first, second, again)
print("session", session, "counted to", second[1].decode(), "and write 1 is answered as before:", again[1].decode())
assert ask(field(CHANGE_SESSION, field(1, CLOSE) + field(SESSION, session)))[0] == OK
