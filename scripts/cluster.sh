# Sourced by the scripts that run a cluster on loopback: free ports, start, kill, status, clean up.
# shellcheck shell=bash
# A replica i has client port ${client_ports[i]}, peer port ${peer_ports[i]}, data in $cluster/node$i and its
# output in $cluster/node$i.log. Only processes started here are ever signalled.

replica_count=3
replica_pids=()
client_ports=() peer_ports=()
join_port=0
cluster=

# port_free PORT: nobody listens there.
port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# choose_ports: the usual ports if they are free, otherwise the same ones shifted by hundreds. PORT_SHIFT: where to
# begin looking, so that two runs at once do not look in the same place.
choose_ports() {
  local shift i port ok
  for ((shift = ${PORT_SHIFT:-0}; shift <= 19000; shift += 100)); do
    ok=1 client_ports=() peer_ports=()
    for ((i = 0; i < replica_count; i++)); do
      client_ports+=($((11000 + shift + i)))
      peer_ports+=($((12000 + shift + i)))
    done
    join_port=$((13000 + shift))
    for port in "${client_ports[@]}" "${peer_ports[@]}" "$join_port"; do
      port_free "$port" || { ok=0; break; }
    done
    ((ok)) && return 0
  done
  echo "$(basename "$0"): no free ports on loopback" >&2
  return 1
}

# cluster_begin: a temporary folder and ports; everything goes away again at the end of the script.
cluster_begin() {
  cluster=$(mktemp -d "${TMPDIR:-/tmp}/chorus.XXXXXXXX")
  trap cluster_end EXIT
  trap 'exit 130' INT TERM
  choose_ports
  servers=$(printf '127.0.0.1:%d,' "${client_ports[@]}")
  servers=${servers%,}
}

# cluster_end: kills what was started here, removes the folder (unless KEEP is set).
cluster_end() {
  local pid
  trap '' INT TERM
  for pid in "${replica_pids[@]}" ${load_pid:-}; do kill -9 "$pid" 2>/dev/null; done
  for pid in "${replica_pids[@]}" ${load_pid:-}; do wait "$pid" 2>/dev/null; done
  [ -n "$cluster" ] || return 0
  if [ -n "${KEEP:-}" ]; then echo "kept: $cluster"; else rm -rf "$cluster"; fi
}

# start_replica I [FLAG...]: node0 founds the cluster, the others join; with data each goes on from there.
start_replica() {
  local i=$1 join
  shift
  if ((i == 0)); then join=(-hjoin ":$join_port"); else join=(-join ":$join_port"); fi
  "$root/bin/Kvstore" -id "node$i" -port ":${client_ports[i]}" -raft ":${peer_ports[i]}" \
    -data "$cluster/node$i" "${join[@]}" "$@" >>"$cluster/node$i.log" 2>&1 </dev/null &
  replica_pids[i]=$!
}

# kill_replica I: SIGKILL, and wait until it is gone.
kill_replica() {
  kill -9 "${replica_pids[$1]}" 2>/dev/null
  wait "${replica_pids[$1]}" 2>/dev/null
  return 0
}

# alive I: the process runs.
alive() { kill -0 "${replica_pids[$1]}" 2>/dev/null; }

# client COMMAND ARGUMENT...: bin/Client against this cluster.
client() { "$root/bin/Client" "$@" -servers "$servers"; }

# field JSON NAME: the first value of a field, without quotes.
field() { printf '%s' "$1" | grep -o "\"$2\" *: *[^,}]*" | head -n 1 | sed 's/^[^:]*: *//; s/^"//; s/" *$//; s/ *$//'; }

# node_status I: the JSON object of one node, on one line; empty when it does not answer.
node_status() {
  "$root/bin/Client" status -servers "127.0.0.1:${client_ports[$1]}" -only -timeout 1 -o json 2>/dev/null | tr -d '\n'
}

# leader_index: number of the replica that leads; fails when there is none.
leader_index() {
  local i
  for ((i = 0; i < replica_count; i++)); do
    [[ $(field "$(node_status "$i")" role) == [Ll]eader ]] && { echo "$i"; return 0; }
  done
  return 1
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@"; do
    (($(now_ms) < deadline)) || return 1
    sleep 0.1
  done
}

# answers I: the node answers status requests.
answers() { [ -n "$(node_status "$1")" ]; }

has_leader() { leader_index >/dev/null; }

# all_voters: a leader knows as many voters as there are replicas.
all_voters() {
  local i
  i=$(leader_index) && [ "$(node_status "$i" | grep -o '"kind" *: *"[^"]*"' | grep -ic 'voter')" -eq "$replica_count" ]
}

# caught_up I LEADER: node I has applied what the leader had committed a moment ago.
caught_up() {
  local commit
  commit=$(field "$(node_status "$2")" commit_index)
  [ -n "$commit" ] && (($(field "$(node_status "$1")" applied_index || echo 0) + 0 >= commit))
}

# read_digests: fills applied[] and digests[].
read_digests() {
  local i s
  applied=() digests=()
  for ((i = 0; i < replica_count; i++)); do
    s=$(node_status "$i")
    applied+=("$(field "$s" applied_index)")
    digests+=("$(field "$s" digest)")
  done
}

# converged: every replica answers and has applied the same index.
converged() {
  local i
  read_digests
  for ((i = 0; i < replica_count; i++)); do
    [ -n "${applied[i]}" ] && [ "${applied[i]}" = "${applied[0]}" ] || return 1
  done
}

# start_load SECONDS CLIENTS SIZE: in the background, pid in load_pid; acknowledged writes in $cluster/acked, the
# report in $cluster/load.log, progress on our stderr.
start_load() {
  "$root/bin/Client" load -servers "$servers" -time "$1" -clients "$2" -size "$3" -key 10000 -acked "$cluster/acked" -out "$cluster/run" \
    >"$cluster/load.log" </dev/null &
  load_pid=$!
}
