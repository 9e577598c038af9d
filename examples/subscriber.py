#!/usr/bin/env python3
"""Follows a log in 30 lines, with pyzmq and nothing else: subscriber.py [feed host:port] [transfer host:port] [--follow]"""
import struct, sys, zmq

FULL, next_index, chain = (1 << 64) - 1, 1, 0

def chain_of(h, record):  # the chain of a record, from that of the record before it
    index, term, _, time, kind, flags = struct.unpack_from("<QQQQBB", record, 8)
    payload, shape = record[48:] + bytes(-len(record) % 8), len(record) - 48 | kind << 32 | flags << 40
    for word in (index, term, time, shape, *struct.unpack(f"<{len(payload) // 8}Q", payload)):
        product = (h ^ word ^ 0xD6E8FEB86659FD93) * 0x9E3779B97F4A7C15
        h = (h << 29 & FULL | h >> 35) + (product & FULL ^ product >> 64) & FULL
    return h

def take(records):  # each record once, in order; what is here already is passed over
    global next_index, chain
    while records:
        length, _, index, term, expected = struct.unpack_from("<IIQQQ", records)
        if index == next_index:
            next_index, chain, _ = index + 1, chain_of(chain, records[:length]), print(index, term, length - 48)
            assert chain == expected, f"record {index} does not continue the log"
        records = records[length:]

def fetch(until):  # what was missed, from the transfer service: Open, then chunks up to End (17) or Refused (18)
    dealer.send(struct.pack("<BBBBI16sQQQQQqqII", 1, 1, 1, 0, 1 << 20, bytes(16), until, next_index, until, chain, 0, 0, 0, 1 << 30, 1))
    while (answer := dealer.recv_multipart())[0][1] == 16:
        take(b"".join(answer[1:]))
    assert answer[0][1] == 17, answer[1].decode()


feed, dealer = zmq.Context.instance().socket(zmq.SUB), zmq.Context.instance().socket(zmq.DEALER)
for socket, address in zip((feed, dealer), sys.argv[1:3] or ["127.0.0.1:16000", "127.0.0.1:14000"]):
    socket.linger, socket.rcvtimeo, _ = 0, 10000, socket.connect("tcp://" + address)
feed.subscribe(b"log"), feed.subscribe(b"hb")
while "--follow" in sys.argv or next_index == 1:
    topic, header, *records = feed.recv_multipart()
    if (first := struct.unpack_from("<Q", header, 32)[0]) > next_index:  # a gap; in a heartbeat, the end of the log
        fetch(first)
    take(b"".join(records))
