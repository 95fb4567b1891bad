# shellcheck shell=bash
# What Benchmarks/run stands on: servers that are started and always stopped, measurements, medians, the table.
# Sourced, never run.

SERVER_CPU=${SERVER_CPU:-0}
LOAD_CPU=${LOAD_CPU:-1}
FIRST_PORT=${FIRST_PORT:-21800}

declare -A PORT PID_OF METRICS   # by contender: where it listens, whose CPU time counts; its last measurements
declare -A TAKEN                 # by figure and contender: every measurement, separated by spaces
declare -a STARTED=() ROWS=() INSTALLED=()
POLICY=/usr/sbin/policy-rc.d
OWNS_POLICY=no
STAGE=
AUTOGROUP=                       # what sched_autogroup_enabled was before this script changed it
TLS_DETAILS=                     # more settings of such a listener, each behind a comma
CERTIFICATE=                     # what listeners that speak TLS show, once there is one
LOAD_CLASS=()                    # the command that puts the load into a scheduling class

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "Benchmarks/run: $*"
  exit 1
}

# MARK: The stage itself

open_stage() {
  STAGE=$(mktemp -d "${BENCH_DIRECTORY:-/var/tmp}/sluice-bench.XXXXXX")
  chmod 755 "$STAGE"
  trap close_stage EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  NEXT_PORT=$FIRST_PORT
}
close_stage() {
  local status=$?
  trap - EXIT
  local pid
  for pid in "${STARTED[@]}"; do stop "$pid"; done
  [ "$OWNS_POLICY" = no ] || rm -f "$POLICY"
  [ -z "$AUTOGROUP" ] || echo "$AUTOGROUP" >"$AUTOGROUP_SETTING"
  [ -z "$STAGE" ] || rm -rf "$STAGE"
  exit "$status"
}
# A load that spins in the idle class makes way at once for the kernel's own work on its CPU: without it a disk whose
# interrupts end there answers a tick late. Groups of the scheduler's making would hide the class.
AUTOGROUP_SETTING=/proc/sys/kernel/sched_autogroup_enabled
make_load_idle() {
  if [ "$(cat "$AUTOGROUP_SETTING" 2>/dev/null)" = 1 ]; then
    if ! echo 0 2>/dev/null >"$AUTOGROUP_SETTING"; then
      say "$AUTOGROUP_SETTING can't be turned off: commits may be late by a tick of the scheduler"
      return
    fi
    AUTOGROUP=1
  fi
  LOAD_CLASS=(chrt --idle 0)
}
# Ends a process that this script started, and waits until it is gone.
stop() {
  local pid=$1 tries=0
  kill -TERM "$pid" 2>/dev/null || return 0
  kill -CONT "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}
stop_contender() {
  [ -n "${PID_OF[$1]:-}" ] || return 0
  stop "${LEADER[$1]:-${PID_OF[$1]}}"
  unset "PID_OF[$1]"
}
declare -A LEADER
# start CONTENDER COMMAND...: on the server's CPU, its words in a file of its own.
start() {
  local name=$1
  shift
  taskset -c "$SERVER_CPU" "$@" >"$STAGE/$name.out" 2>&1 &
  local pid=$!
  STARTED+=("$pid")
  LEADER[$name]=$pid
  PID_OF[$name]=$pid
}
take_port() {
  PORT[$1]=$NEXT_PORT
  NEXT_PORT=$((NEXT_PORT + 1))
}
await_port() {
  local name=$1 port=$2 tries=0
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "${LEADER[$name]}" 2>/dev/null || fail "$name ended: $(tail -n 5 "$STAGE/$name.out")"
    [ $tries -lt 300 ] || fail "$name does not listen on $port: $(tail -n 5 "$STAGE/$name.out")"
    sleep 0.05
    tries=$((tries + 1))
  done
}

# need COMMAND-OR-FILE PACKAGE: installs what is missing, and sees to it that nothing it installs starts by itself.
need() {
  local command=$1 package=$2
  if command -v "$command" >/dev/null 2>&1 || [ -e "$command" ]; then return 0; fi
  [ "$(id -u)" = 0 ] || fail "$command is missing: apt-get install $package"
  if [ ! -e "$POLICY" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
    OWNS_POLICY=yes
  fi
  say "installing $package"
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package" >"$STAGE/apt.out" 2>&1 \
    || { apt-get update >>"$STAGE/apt.out" 2>&1 \
      && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package" \
        >>"$STAGE/apt.out" 2>&1; } \
    || fail "$package can't be installed: $(tail -n 3 "$STAGE/apt.out")"
  INSTALLED+=("$package")
  if [ -d /run/systemd/system ]; then systemctl disable --now "${command##*/}" >/dev/null 2>&1 || true; fi
}

# MARK: Contenders

# start_sluice NAME [YAML-LINE...]: a gateway with an HTTP and a framed listener; the lines are added to its settings.
# PORT[NAME] is HTTP, PORT[NAME.framed] and PORT[NAME.admin] are the others, DATA is its directory. Once make_certificate
# has run there is a third listener, PORT[NAME.tls], for HTTP over TLS. MORE_TOPICS is written behind the topic `events`.
MORE_TOPICS=''
start_sluice() {
  local name=$1
  shift
  take_port "$name"
  take_port "$name.framed"
  take_port "$name.admin"
  take_port "$name.tls"
  DATA="$STAGE/$name.data"
  {
    printf 'data: %s\nshards: 1\n' "$DATA"
    printf 'listeners:\n  - {name: web, protocol: http, address: "127.0.0.1:%s"}\n' "${PORT[$name]}"
    printf '  - {name: frames, protocol: framed, address: "127.0.0.1:%s"}\n' "${PORT[$name.framed]}"
    [ -z "$CERTIFICATE" ] || printf '  - {name: secure, protocol: http, address: "127.0.0.1:%s", tls: %s}\n' \
      "${PORT[$name.tls]}" "{certificates: [{certificate: $CERTIFICATE, key: ${CERTIFICATE%.pem}.key}]$TLS_DETAILS}"
    printf 'admin: {address: "127.0.0.1:%s"}\n' "${PORT[$name.admin]}"
    printf 'topics: [{name: events, acknowledge: durable}%s]\n' "$MORE_TOPICS"
    printf '%s\n' "$@"
  } >"$STAGE/$name.yaml"
  resume_sluice "$name"
}
# Starts a gateway that was stopped, on the settings and the data it has.
resume_sluice() {
  local name=$1
  mkdir -p "$STAGE/$name.data"
  start "$name" "$SLUICE" run --config "$STAGE/$name.yaml"
  await_port "$name" "${PORT[$name]}"
  await_ready "$name"
}
# Waits until /ready says so, looking every two milliseconds.
await_ready() {
  local tries=0
  until http_status "${PORT[$1.admin]}" /ready | grep -q ' 200'; do
    kill -0 "${LEADER[$1]}" 2>/dev/null || fail "$1 ended: $(tail -n 5 "$STAGE/$1.out")"
    [ $tries -lt 30000 ] || fail "$1 is not ready after a minute"
    sleep 0.002
    tries=$((tries + 1))
  done
}
http_status() {
  # In a subshell of its own: a refused connection ends the redirection's shell.
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 0
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    IFS= read -r -t 5 line <&3 || true
    printf '%s\n' "$line"
  ) 2>/dev/null || true
}
start_responder() {
  take_port responder
  start responder "$LIMIT/responder" "${PORT[responder]}" "$SERVER_CPU"
  await_port responder "${PORT[responder]}"
}
# nginx is one process with three listeners; the CPU time that counts is its worker's.
start_nginx() {
  need nginx nginx-light
  take_port nginx
  take_port nginx-log
  take_port nginx-return
  sed -e "s#@DIRECTORY@#$STAGE#" -e "s/@PORT_READ@/${PORT[nginx]}/" -e "s/@PORT_LOG@/${PORT[nginx-log]}/" \
    -e "s/@PORT_RETURN@/${PORT[nginx-return]}/" "$HERE/Peers/nginx.conf" >"$STAGE/nginx.conf"
  chmod 777 "$STAGE"   # its worker is another user
  start nginx nginx -e "$STAGE/nginx.error.log" -c "$STAGE/nginx.conf"
  await_port nginx "${PORT[nginx]}"
  local worker
  worker=$(cat "/proc/${LEADER[nginx]}/task/${LEADER[nginx]}/children")
  PID_OF[nginx]=${worker%% *}
  PID_OF[nginx-log]=${PID_OF[nginx]}
  PID_OF[nginx-return]=${PID_OF[nginx]}
}
# The same with TLS, and a listener of its own.
start_nginx_tls() {
  need nginx nginx-light
  take_port nginx-tls
  head -c 80 /dev/urandom >"$STAGE/nginx-ticket.key"
  sed -e "s#@DIRECTORY@#$STAGE#" -e "s/@PORT_TLS@/${PORT[nginx-tls]}/" "$HERE/Peers/nginx-tls.conf" \
    >"$STAGE/nginx-tls.conf"
  chmod 777 "$STAGE"
  start nginx-tls nginx -e "$STAGE/nginx-tls.error.log" -c "$STAGE/nginx-tls.conf"
  await_port nginx-tls "${PORT[nginx-tls]}"
  local worker
  worker=$(cat "/proc/${LEADER[nginx-tls]}/task/${LEADER[nginx-tls]}/children")
  PID_OF[nginx-tls]=${worker%% *}
}
# A certificate that vouches for itself, and the file that the contenders and the load find it in.
make_certificate() {
  [ -z "$CERTIFICATE" ] || return 0
  need openssl openssl
  CERTIFICATE="$STAGE/tls.pem"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$STAGE/tls.key" -out "$CERTIFICATE" 2>"$STAGE/tls.out" \
    || fail "no certificate: $(tail -n 3 "$STAGE/tls.out")"
  chmod 600 "$STAGE/tls.key"
}
start_haproxy() {
  need haproxy haproxy
  take_port haproxy
  sed "s/@PORT@/${PORT[haproxy]}/" "$HERE/Peers/haproxy.cfg" >"$STAGE/haproxy.cfg"
  start haproxy haproxy -db -f "$STAGE/haproxy.cfg"
  await_port haproxy "${PORT[haproxy]}"
}
start_redis() {
  need redis-server redis-server
  need redis-benchmark redis-tools
  take_port redis
  mkdir -p "$STAGE/redis.data"
  sed -e "s/@PORT@/${PORT[redis]}/" -e "s#@DIRECTORY@#$STAGE/redis.data#" "$HERE/Peers/redis.conf" >"$STAGE/redis.conf"
  start redis redis-server "$STAGE/redis.conf"
  await_port redis "${PORT[redis]}"
}
# Whether a contender answers only once it has the whole body.
waits_for_body() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello' >&3
    if IFS= read -r -t 0.3 _ <&3; then exit 1; fi
    printf 'world' >&3
    IFS= read -r -t 2 line <&3 && [[ $line == *" 204"* ]]
  ) 2>/dev/null
}

# MARK: Measuring

# The CPU time of a process and all of its threads so far, in nanoseconds.
cpu_time() { cat "/proc/$1"/task/*/schedstat 2>/dev/null | awk '{sum += $1} END {printf "%.0f", sum}'; }
resident_kib() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
# field NAME: the first number of that name in the JSON on standard input.
field() { grep -o "\"$1\": *[0-9.]*" | head -n 1 | sed 's/.*: *//'; }
calculate() { awk "BEGIN {printf \"%.6g\", $1}"; }
median() {
  tr ' ' '\n' <<<"$*" | grep -v '^$' | sort -g \
    | awk '{v[NR] = $1} END {if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

# drive CONTENDER LOAD-ARGUMENT...: one run of `sluice load`; leaves its figures in METRICS.
drive() {
  local name=$1 before after report wall_before wall_after
  local server=${1%.framed}
  server=${server%.tls}
  shift
  before=$(cpu_time "${PID_OF[$server]}")
  wall_before=$(date +%s%N)
  report=$("${LOAD_CLASS[@]}" taskset -c "$LOAD_CPU" "$SLUICE" load --target "127.0.0.1:${PORT[$name]}" --cpu "$LOAD_CPU" \
    --congestion cubic --quiet --json "$@") \
    || say "  $name: $(grep -o '"errors".*"refused": [0-9]*' <<<"$report" || true)"
  wall_after=$(date +%s%N)
  after=$(cpu_time "${PID_OF[$server]}")
  [ -n "$report" ] || fail "no result for $name"
  METRICS=()
  local key
  for key in requests_per_second events_per_second generator_busy answered_total bytes_out seconds connections_per_second full resumed; do
    METRICS[$key]=$(field "$key" <<<"$report")
  done
  for key in p50 p90 p99 p99.9; do METRICS[$key]=$(grep -o '"latency_ns".*' <<<"$report" | field "$key"); done
  for key in p50 p99; do METRICS[handshake_$key]=$(grep -o '"handshake_ns".*' <<<"$report" | field "$key"); done
  METRICS[errors]=$(grep -o '"errors".*' <<<"$report" | field total)
  local answered=${METRICS[answered_total]}
  METRICS[cpu_us]=$(calculate "($answered > 0) ? ($after - $before) / 1e3 / $answered : 0")
  METRICS[server_busy]=$(calculate "($after - $before) / ($wall_after - $wall_before)")
  METRICS[bytes_per_second]=$(calculate "${METRICS[bytes_out]} / (${METRICS[seconds]} + 0.000001)")
}
# note FIGURE CONTENDER VALUE: keeps one measurement.
note() {
  TAKEN["$1/$2"]+=" $3"
  say "  $1  $2  $3"
}
taken() { median "${TAKEN["$1/$2"]:-}"; }

# row FIGURE VALUE UNIT YARDSTICK-NAME YARDSTICK SIGN TARGET: one line of the table. The ratio is value by yardstick;
# SIGN is `>=` or `<=` and says on which side of the target it has to be. A measurement of nothing reaches no target.
row() {
  local figure=$1 value=$2 unit=$3 name=$4 yardstick=$5 sign=$6 target=$7 ratio verdict
  ratio=$(calculate "($yardstick + 0 != 0) ? ($value + 0) / ($yardstick + 0) : 0")
  verdict=$(awk -v r="$ratio" -v t="$target" -v s="$sign" \
    'BEGIN {print (r + 0 > 0 && (s == ">=" ? r >= t : r <= t)) ? "reached" : "MISSED"}')
  ROWS+=("$figure|$value|$unit|$name|$yardstick|$ratio|$sign $target|$verdict")
}
# limit_row FIGURE VALUE UNIT BOUND EXPLANATION: a line whose target is an absolute bound, not to be exceeded.
limit_row() {
  local verdict
  verdict=$(awk -v v="$2" -v b="$4" 'BEGIN {print (v + 0 > 0 && v + 0 <= b + 0) ? "reached" : "MISSED"}')
  ROWS+=("$1|$2|$3|$5|$4||<= bound|$verdict")
}
# compare_row FIGURE VALUE UNIT YARDSTICK-NAME YARDSTICK: a line with a ratio and no target.
compare_row() {
  ROWS+=("$1|$2|$3|$4|$5|$(calculate "($5 + 0 != 0) ? ($2 + 0) / ($5 + 0) : 0")||")
}
# info_row FIGURE VALUE UNIT: a line without a target.
info_row() { ROWS+=("$1|$2|$3|||||"); }

print_table() {
  printf '\n'
  {
    printf 'figure|measured|unit|yardstick|its value|ratio|target|\n'
    [ ${#ROWS[@]} -eq 0 ] || printf '%s\n' "${ROWS[@]}"
  } | awk -F'|' '
    function show(v) {
      if (v !~ /^[0-9.e+-]+$/) return v
      if (v + 0 >= 1e9) return sprintf("%.2fG", v / 1e9)
      if (v + 0 >= 1e6) return sprintf("%.2fM", v / 1e6)
      if (v + 0 >= 1e4) return sprintf("%.0fk", v / 1e3)
      if (v + 0 >= 100) return sprintf("%.0f", v)
      return sprintf("%.3g", v)
    }
    {
      line = sprintf("%-34s %10s %-9s %-30s %10s %7s  %-9s %s", $1, show($2), $3, $4, show($5),
        NR > 1 && $6 != "" ? sprintf("%.2f", $6) : $6, $7, $8)
      sub(/ +$/, "", line)
      print line
      if (NR == 1) { gsub(/./, "-", line); print line }
    }'
}
# record FILE: the same as JSON, with the machine it was measured on.
record() {
  local cpu first=yes line
  cpu=$(awk -F': ' '/^model name/ {print $2; exit}' /proc/cpuinfo)
  {
    printf '{"machine": {"cpu": "%s", "cpus": %s, "kernel": "%s"}, "figures": [' "$cpu" "$(nproc)" "$(uname -r)"
    for line in "${ROWS[@]}"; do
      [ $first = yes ] || printf ','
      first=no
      awk -F'|' '{
        printf "\n  {\"figure\": \"%s\", \"value\": %s, \"unit\": \"%s\"", $1, $2 == "" ? "null" : $2, $3
        if ($4 != "") printf ", \"yardstick\": \"%s\", \"yardstick_value\": %s", $4, $5
        if ($6 != "") printf ", \"ratio\": %s", $6
        if ($7 != "") printf ", \"target\": \"%s\", \"verdict\": \"%s\"", $7, $8
        printf "}"
      }' <<<"$line"
    done
    printf '\n]}\n'
  } >"$1"
  say "recorded in $1"
}
