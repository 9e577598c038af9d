"""Chorus as a peer: three durable replicas on loopback, driven by `bin/Client bench`."""
import json
import os
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLIENT, KVSTORE = f"{ROOT}/bin/Client", f"{ROOT}/bin/Kvstore"
PORT = 21000  # clients; above it peers at 1000, join at 2000, transfer at 3000, feed at 5000


def peer(base, *flags):
    """The class, on top of the Cluster of our own harness or of the rig."""

    class Chorus(base):
        lg = CLIENT
        reads = True

        def start(self, n=0, size=0):
            addresses = [f"127.0.0.1:{PORT + i}" for i in range(3)]
            for i in range(3):
                join = ["-join", f":{PORT + 2000}"] if i else ["-hjoin", f":{PORT + 2000}"]
                self.sp(KVSTORE, "-id", f"node{i}", "-port", f":{PORT + i}", "-raft", f":{PORT + 1000 + i}",
                        "-data", f"{self.dir}/node{i}", *join, *flags)
                self.wait(lambda: status(addresses[i]), f"node{i} does not answer")
            self.wait(lambda: self.find_leader(addresses), "no three voters")
            self.load = ["bench", "-addrs", ",".join(addresses), "-keys", "10000"]

        def find_leader(self, addresses):
            for i, address in enumerate(addresses):
                s = status(address)
                members = s["members"] if s else []
                voters = [m for m in members if m["kind"] == "voter"]
                if s and s["role"] == "leader" and len(voters) == 3:
                    self.leader = self.procs[i].pid
                    return True
            return False

        def wait(self, condition, otherwise):
            deadline = time.monotonic() + 20
            while not condition():
                if time.monotonic() > deadline:
                    raise RuntimeError("chorus: " + otherwise)
                time.sleep(0.1)

    return Chorus


def status(address):
    """Status of one node; None when it does not answer."""
    r = subprocess.run(
        [CLIENT, "status", "-servers", address, "-only", "-timeout", "1", "-o", "json"], capture_output=True, text=True)
    try:
        answer = json.loads(r.stdout)
    except ValueError:
        return None
    node = answer["nodes"][0]
    return node if node["answers"] else None
