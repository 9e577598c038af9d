# Sourced by the scripts that run clusters on loopback: free ports, start, kill, status, clean up.
# shellcheck shell=bash
# Replicas are numbered through: cluster C has replicas C*replica_count to C*replica_count+replica_count-1. Replica i has client port
# ${client_ports[i]}, peer port ${peer_ports[i]} (transfer 2000, feed 4000 above it), data in $cluster/node$i and its output in
# $cluster/node$i.log. Logger process L records every cluster, as member log<L>-<C> of cluster C, in $cluster/logger$L/log<L>-<C>.
# Only processes started here are ever signalled.

replica_count=3
program=Kvstore # or DiskStorage
cluster_count=${cluster_count:-1}
logger_count=${logger_count:-0}
replica_pids=() logger_pids=() load_pids=()
client_ports=() peer_ports=() join_ports=() servers_of=()
cluster=

# port_free PORT: nobody listens there.
port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# logger_port L C: the raft port of logger process L for cluster C.
logger_port() { echo $((12000 + port_shift + 40 + $1 * cluster_count + $2)); }

# choose_ports: the usual ports if they are free, otherwise the same ones shifted by hundreds. PORT_SHIFT: where to
# begin looking, so that two runs at once do not look in the same place.
choose_ports() {
  local i l c port ok ports
  for ((port_shift = ${PORT_SHIFT:-0}; port_shift <= 19000; port_shift += 100)); do
    ok=1 client_ports=() peer_ports=() join_ports=() ports=()
    for ((i = 0; i < replica_count * cluster_count; i++)); do
      client_ports+=($((11000 + port_shift + i)))
      peer_ports+=($((12000 + port_shift + i)))
    done
    for ((c = 0; c < cluster_count; c++)); do
      join_ports+=($((13000 + port_shift + c)))
      for ((l = 0; l < logger_count; l++)); do ports+=("$(logger_port "$l" "$c")"); done
    done
    ports+=("${peer_ports[@]}")
    for port in "${ports[@]}"; do
      port_free $((port + 2000)) && port_free $((port + 4000)) || { ok=0; break; }
    done
    for port in "${client_ports[@]}" "${peer_ports[@]}" "${join_ports[@]}"; do
      ((ok)) || break
      port_free "$port" || ok=0
    done
    ((ok)) && return 0
  done
  echo "$(basename "$0"): no free ports on loopback" >&2
  return 1
}

# cluster_begin: a temporary folder and ports; everything goes away again at the end of the script.
cluster_begin() {
  local c i list
  cluster=$(mktemp -d "${TMPDIR:-/tmp}/chorus.XXXXXXXX")
  trap cluster_end EXIT
  trap 'exit 130' INT TERM
  choose_ports || return 1
  for ((c = 0; c < cluster_count; c++)); do
    list=
    for ((i = c * replica_count; i < (c + 1) * replica_count; i++)); do list+=",127.0.0.1:${client_ports[i]}"; done
    servers_of[c]=${list#,}
  done
  servers=${servers_of[0]}
}

# cluster_end: kills what was started here, removes the folder (unless KEEP is set).
cluster_end() {
  local pid
  trap '' INT TERM
  for pid in "${load_pids[@]}" "${logger_pids[@]}" "${replica_pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
  for pid in "${load_pids[@]}" "${logger_pids[@]}" "${replica_pids[@]}"; do wait "$pid" 2>/dev/null; done
  [ -n "$cluster" ] || return 0
  if [ -n "${KEEP:-}" ]; then echo "kept: $cluster"; else rm -rf "$cluster"; fi
}

# start_replica I [FLAG...]: the first of each cluster founds it, the others join; with data each goes on from there.
start_replica() {
  local i=$1 c=$(($1 / replica_count)) join
  shift
  if ((i % replica_count == 0)); then join=(-hjoin ":${join_ports[c]}"); else join=(-join ":${join_ports[c]}"); fi
  "$root/bin/$program" -id "node$i" -port ":${client_ports[i]}" -raft ":${peer_ports[i]}" \
    -data "$cluster/node$i" "${join[@]}" "$@" >>"$cluster/node$i.log" 2>&1 </dev/null &
  replica_pids[i]=$!
}

# start_clusters: all replicas, until each cluster has all its voters.
start_clusters() {
  local i c
  for ((i = 0; i < replica_count * cluster_count; i++)); do
    start_replica "$i"
    wait_for 20 answers "$i" || die 1 "node$i does not answer"
  done
  for ((c = 0; c < cluster_count; c++)); do
    wait_for 20 all_voters "$c" || die 1 "the replicas of cluster $c did not become $replica_count voters"
  done
}

# start_logger L [FLAG...]: one process that records every cluster.
start_logger() {
  local l=$1 c ids= rafts= joins=
  shift
  for ((c = 0; c < cluster_count; c++)); do
    ids+=",log$l-$c" rafts+=",:$(logger_port "$l" "$c")" joins+=",:${join_ports[c]}"
  done
  "$root/bin/Logger" -id "${ids#,}" -raft "${rafts#,}" -join "${joins#,}" -logfolder "$cluster/logger$l" "$@" \
    >>"$cluster/logger$l.log" 2>&1 </dev/null &
  logger_pids[l]=$!
}

# logger_folder L C: where logger process L keeps the log of cluster C.
logger_folder() { echo "$cluster/logger$1/log$1-$2"; }

# kill_pid PID: SIGKILL, and wait until it is gone.
kill_pid() {
  kill -9 "$1" 2>/dev/null
  wait "$1" 2>/dev/null
  return 0
}

# kill_replica I, kill_logger L: SIGKILL, and wait until it is gone.
kill_replica() { kill_pid "${replica_pids[$1]}"; }
kill_logger() { kill_pid "${logger_pids[$1]}"; }

# alive I, logger_alive L: the process runs.
alive() { kill -0 "${replica_pids[$1]}" 2>/dev/null; }
logger_alive() { kill -0 "${logger_pids[$1]}" 2>/dev/null; }

# client COMMAND ARGUMENT...: bin/Client against the first cluster.
client() { "$root/bin/Client" "$@" -servers "$servers"; }

# field JSON NAME: the first value of a field, without quotes.
field() { printf '%s' "$1" | grep -o "\"$2\" *: *[^,}]*" | head -n 1 | sed 's/^[^:]*: *//; s/^"//; s/" *$//; s/ *$//'; }

# node_status I: the JSON object of one node, on one line; empty when it does not answer.
node_status() {
  "$root/bin/Client" status -servers "127.0.0.1:${client_ports[$1]}" -only -timeout 1 -o json 2>/dev/null | tr -d '\n'
}

# leader_index [C]: number of the replica that leads the cluster; fails when there is none.
leader_index() {
  local i c=${1:-0}
  for ((i = c * replica_count; i < (c + 1) * replica_count; i++)); do
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

has_leader() { leader_index "${1:-0}" >/dev/null; }

# all_voters [C]: a leader knows as many voters as there are replicas.
all_voters() {
  local i
  i=$(leader_index "${1:-0}") && [ "$(node_status "$i" | grep -o '"kind" *: *"[^"]*"' | grep -ic 'voter')" -eq "$replica_count" ]
}

# member_of JSON ID: the JSON object of one member in a leader's status.
member_of() { printf '%s' "$1" | grep -o "{[^{}]*\"id\" *: *\"$2\"[^{}]*}" | head -n 1; }

# logger_caught_up L C: by the word of the leader, the logger has made durable what was committed a moment ago.
logger_caught_up() {
  local leader status commit
  leader=$(leader_index "$2") || return 1
  status=$(node_status "$leader")
  commit=$(field "$status" commit_index)
  wait_for 3 logger_reached "$1" "$2" "$leader" "$commit"
}
logger_reached() {
  local match
  match=$(field "$(member_of "$(node_status "$3")" "log$1-$2")" match_index)
  [ -n "$4" ] && [ -n "$match" ] && ((match >= $4))
}

# caught_up I LEADER: node I has applied what the leader had committed a moment ago.
caught_up() {
  local commit
  commit=$(field "$(node_status "$2")" commit_index)
  [ -n "$commit" ] && (($(field "$(node_status "$1")" applied_index || echo 0) + 0 >= commit))
}

# read_digests [C]: fills applied[] and digests[], by the number of the replica.
read_digests() {
  local i s c=${1:-0}
  for ((i = c * replica_count; i < (c + 1) * replica_count; i++)); do
    s=$(node_status "$i")
    applied[i]=$(field "$s" applied_index)
    digests[i]=$(field "$s" digest)
  done
}
applied=() digests=()

# converged [C]: every replica answers and has applied the same index.
converged() {
  local i c=${1:-0}
  read_digests "$c"
  for ((i = c * replica_count; i < (c + 1) * replica_count; i++)); do
    [ -n "${applied[i]}" ] && [ "${applied[i]}" = "${applied[c * replica_count]}" ] || return 1
  done
}

# same_digests [C]: the digests read last are equal.
same_digests() {
  local i c=${1:-0}
  for ((i = c * replica_count; i < (c + 1) * replica_count; i++)); do
    [ "${digests[i]}" = "${digests[c * replica_count]}" ] || return 1
  done
}

# start_load SECONDS CLIENTS SIZE [C]: in the background, pid in load_pid and load_pids; acknowledged writes in $cluster/acked, the report
# in $cluster/load.log, progress on our stderr. Of another cluster than the first: acked$C, load$C.log, and no progress.
start_load() {
  local c=${4:-0} tag=
  ((c > 0)) && tag=$c
  if ((c == 0)); then exec 8>&2; else exec 8>/dev/null; fi
  "$root/bin/Client" load -servers "${servers_of[c]}" -time "$1" -clients "$2" -size "$3" -key 10000 -acked "$cluster/acked$tag" \
    -out "$cluster/run$tag" >"$cluster/load$tag.log" 2>&8 </dev/null &
  load_pid=$!
  load_pids[c]=$load_pid
  exec 8>&-
}
