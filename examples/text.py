#!/usr/bin/env python3
"""The text form of the protocol on a REQ socket, as short as it gets: text.py [host:port of the leader]"""
import sys, zmq

socket = zmq.Context.instance().socket(zmq.REQ)
socket.setsockopt(zmq.LINGER, 0)
socket.setsockopt(zmq.RCVTIMEO, 5000)
socket.connect("tcp://" + (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:11000"))
for command in "set-[greeting]-[hello]", "get-[greeting]", "delete-[greeting]", "get-[greeting]":
    socket.send_string(command)
    answer = socket.recv_string()
    print(f"{command:24} {answer}")
    if answer.startswith("error: "):
        raise SystemExit(1)
