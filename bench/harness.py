"""Measures a cluster on loopback: starts servers, runs a load generator, samples /proc at the edges of its window.

The load generator prints BEGIN and END at the edges of the measured window, then one line of JSON. The fields of a result are
those of the rig for the peers (see README.md), so that results of both can stand in one table. Linux only.
"""
import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

B = os.environ.get("BENCH_WORK") or os.path.join(tempfile.gettempdir(), "chorus-bench")
TICKS = os.sysconf("SC_CLK_TCK")
PEERS = {}


def cpu(pid):
    """User and system seconds of a process so far."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    except OSError:
        return 0.0


def machine_cpu():
    """Busy and stolen seconds of the machine so far."""
    with open("/proc/stat") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return (v[0] + v[1] + v[2] + v[5] + v[6]) / TICKS, v[7] / TICKS


def peak_rss_mb(pid):
    """Largest resident size since the last reset."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return next(int(line.split()[1]) // 1024 for line in f if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


class Cluster:
    """Subclass: start() spawns servers with sp() and sets leader (process id), lg and load (generator and arguments)."""

    lg = ""

    def __init__(self, name):
        self.name, self.procs, self.dir = name, [], f"{B}/data/{name}"
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)

    def sp(self, *cmd, **kw):
        log = open(f"{self.dir}/p{len(self.procs)}.log", "wb")
        p = subprocess.Popen([str(c) for c in cmd], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.dir, **kw)
        self.procs.append(p)
        return p

    def stop(self):
        for p in self.procs:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
        for p in self.procs:
            try:
                p.wait(4)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def observers(self, n):
        return None


def run(name, what, c, size, obs, rep, a):
    """One measurement at a time on this machine."""
    os.makedirs(B, exist_ok=True)
    with open(B + "/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        o = {"peer": name, "what": what, "c": c, "size": size, "observers": obs, "rep": rep}
        k = PEERS[name](name)
        try:
            k.start(obs, size)
            time.sleep(0.5)
            o.update(measure(k, what, c, size, a))
            dead = [p.returncode for p in k.procs if p.poll() is not None]
            if dead:
                o["died"] = dead
        except Exception as error:  # the next configuration may still work
            o["error"] = repr(error)[:300]
        finally:
            k.stop()
    line = json.dumps(o)
    print(line, flush=True)
    os.makedirs(a.out, exist_ok=True)
    with open(f"{a.out}/{name}.jsonl", "a") as f:
        f.write(line + "\n")


def measure(k, what, c, size, a):
    """Runs the generator; returns what it reports and what the processes used within its window."""
    pids = [p.pid for p in k.procs]
    for pid in pids:
        try:
            with open(f"/proc/{pid}/clear_refs", "w") as f:
                f.write("5")
        except OSError:
            pass
    mode = "get" if what == "reads" else "put"
    lg = subprocess.Popen(
        [k.lg, *k.load, "-c", str(c), "-size", str(size), "-mode", mode, "-warm", str(a.warm), "-dur", str(a.dur)],
        stdout=subprocess.PIPE, text=True)
    o, samples = {}, {}
    for line in lg.stdout:
        line = line.strip()
        if line in ("BEGIN", "END"):
            samples[line] = ([cpu(pid) for pid in pids], cpu(lg.pid), *machine_cpu())
        elif line.startswith("{"):
            o.update(json.loads(line))
    lg.wait()
    b, e = samples["BEGIN"], samples["END"]
    ops = max(1, o["ops"])
    per = [y - x for x, y in zip(b[0], e[0])]
    leader = pids.index(k.leader)
    replicas = getattr(k, "replicas", len(per))  # observers are started behind them
    o.update(
        cpu_s_10k=round(sum(per[:replicas]) / ops * 1e4, 3), cpu_s_10k_leader=round(per[leader] / ops * 1e4, 3),
        cpu_s_10k_obs=round(sum(per[replicas:]) / ops * 1e4, 3),
        cpu_s=round(sum(per), 2), lg_cpu_s=round(e[1] - b[1], 2), steal_s=round(e[3] - b[3], 2),
        foreign_cpu_s=round(e[2] - b[2] - sum(per) - (e[1] - b[1]), 2),
        rss_mb_max=max(peak_rss_mb(pid) for pid in pids), rss_mb_leader=peak_rss_mb(k.leader))
    return o
