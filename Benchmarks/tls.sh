# shellcheck shell=bash
# The parts of Benchmarks/run that are about TLS: HTTPS beside nginx and plain text, and what handshakes cost.
# Sourced, never run: what it uses of the script that sources it stands here for the shell checker.
: "${RUNS:?}" "${SECONDS_EACH:?}" "${QUICK:?}" "${SMALL_LOG:?}" "${ROOT:?}" "${LIMIT:?}" "${SLUICE:?}"

run_tls() {
  local part
  for part in requests connections engine idle latency storm; do once tls-$part; done
}
TLS_LOAD=(--tls)
prepare_tls() {
  make_certificate
  TLS_LOAD=(--tls --tls-ca "$CERTIFICATE")
}
run_tls_requests() {
  local name run
  prepare_tls
  local one=(--path /v1/events/events --minimal --bytes 300 --connections 256)
  local hundred=(--path /v1/events/events --minimal --bytes 300 --connections 64 --batch 100)
  start_sluice https 'wait: balanced' "$SMALL_LOG"
  start_nginx_tls
  pair https requests_per_second https.tls nginx-tls "${one[@]}" "${TLS_LOAD[@]}"
  row "HTTPS, 256 connections" "$(taken https https.tls)" "req/s" "nginx reading the body" \
    "$(taken https nginx-tls)" '>=' 1.0
  compare_row "HTTPS, CPU a request" "$(taken https.cpu https.tls)" "us" "nginx reading the body" \
    "$(taken https.cpu nginx-tls)"
  tell_load https https.tls
  for ((run = 0; run < RUNS; run++)); do
    for name in https https.tls; do
      local with=()
      [ $name = https ] || with=("${TLS_LOAD[@]}")
      drive $name "${hundred[@]}" "${with[@]}" --duration "$SECONDS_EACH" --seed "$((RANDOM * 32768 + RANDOM))"
      note https-ndjson $name "${METRICS[events_per_second]}"
      TAKEN["https-ndjson.load/$name"]+=" ${METRICS[generator_busy]}"
    done
  done
  row "NDJSON of 100 over TLS" "$(taken https-ndjson https.tls)" "events/s" "our own without TLS" \
    "$(taken https-ndjson https)" '>=' 0.75
  tell_load https-ndjson https.tls
  for name in https nginx-tls; do stop_contender $name; done
  rm -rf "$STAGE/https.data"
}

# A device that comes, says one thing and goes: the server's CPU time for all of that.
run_tls_connections() {
  local kind name
  local short=(--path /v1/events/events --minimal --bytes 300 --connections 32 --requests-per-connection 1)
  prepare_tls
  start_sluice short 'wait: balanced' "$SMALL_LOG"
  start_nginx_tls
  for kind in full resumed; do
    local with=()
    [ $kind = full ] || with=(--tls-resume)
    pair "short-$kind" connections_per_second short.tls nginx-tls "${short[@]}" "${TLS_LOAD[@]}" "${with[@]}"
    # nginx's by ours: how many times as many connections a CPU second of ours serves.
    row "connection, one event, $kind" "$(calculate "1e6 / $(taken "short-$kind.cpu" short.tls)")" "per CPU s" \
      "nginx reading the body" "$(calculate "1e6 / $(taken "short-$kind.cpu" nginx-tls)")" '>=' 1.2
    info_row "connection, one event, $kind: CPU" "$(taken "short-$kind.cpu" short.tls)" "us"
    info_row "  the same, nginx" "$(taken "short-$kind.cpu" nginx-tls)" "us"
  done
  for name in short nginx-tls; do stop_contender $name; done
  rm -rf "$STAGE/short.data"
}

# What the engine makes of OpenSSL, without sockets.
run_tls_engine() {
  local run out kind
  for ((run = 0; run < RUNS; run++)); do
    out=$(taskset -c "$SERVER_CPU,$LOAD_CPU" "$ROOT/.build/release/micro-benchmark" tls --ms $((SECONDS_EACH * 200)))
    for kind in full resumed resumed-psk full-threads-1 full-threads-2; do
      note "handshake-$kind" engine "$(sed -n "s/^handshake-$kind .*perSecond=//p" <<<"$out")"
    done
    for kind in "full 0 0" "resumed 1 0" "resumed-psk 1 1"; do
      read -r name resume without <<<"$kind"
      out=$("$LIMIT/tls" resume="$resume" without_exchange="$without" ms=$((SECONDS_EACH * 200)) server="$SERVER_CPU")
      note "handshake-$name" C "$(field per_cpu_second <<<"$out")"
    done
  done
  for kind in full resumed resumed-psk; do
    row "TLS engine, handshakes $kind" "$(taken "handshake-$kind" engine)" "per CPU s" "C loop" \
      "$(taken "handshake-$kind" C)" '>=' 0.9
  done
  row "TLS engine, two threads" "$(taken handshake-full-threads-2 engine)" "per s" "one thread" \
    "$(taken handshake-full-threads-1 engine)" '>=' 1.9
}

run_tls_idle() {
  local count=5000 none all
  prepare_tls
  start_sluice tls-none 'limits: {connections: 1}'
  none=$(resident_kib "${PID_OF[tls-none]}")
  stop_contender tls-none
  start_sluice tls-all "limits: {connections: $count, connections_per_source: $count}"
  all=$(idle_kib tls-all.tls $count "${TLS_LOAD[@]}")
  limit_row "idle TLS connection" "$(calculate "($all - $none) / $count")" "KiB" 6 "6 KiB"
  stop_contender tls-all
  start_nginx_tls
  none=$(resident_kib "${PID_OF[nginx-tls]}")
  all=$(idle_kib nginx-tls $count "${TLS_LOAD[@]}")
  info_row "idle TLS connection, nginx" "$(calculate "($all - $none) / $count")" "KiB"
  stop_contender nginx-tls
}

# Two listeners of one gateway, so that nothing differs but TLS.
run_tls_latency() {
  local run name
  local load=(--path /v1/events/events --minimal --connections 64 --bytes 300 --rate 5000 --depth 16 --wait spin)
  prepare_tls
  start_sluice calm 'wait: latency' "$SMALL_LOG"
  for ((run = 0; run < RUNS; run++)); do
    for name in calm calm.tls; do
      local with=()
      [ $name = calm ] || with=("${TLS_LOAD[@]}")
      drive $name "${load[@]}" "${with[@]}" --duration "$SECONDS_EACH"
      note tls-p50 $name "$(calculate "${METRICS[p50]} / 1000")"
      note tls-p99 $name "$(calculate "${METRICS[p99]} / 1000")"
    done
  done
  stop_contender calm
  rm -rf "$STAGE/calm.data"
  limit_row "5,000 req/s over TLS: p50" "$(taken tls-p50 calm.tls)" "us" \
    "$(calculate "$(taken tls-p50 calm) + 10")" "without TLS + 10 us"
  info_row "5,000 req/s over TLS: p99" "$(taken tls-p99 calm.tls)" "us"
  info_row "  the same without TLS" "$(taken tls-p99 calm)" "us"
}

# storm CONNECTIONS: so many new connections at once, which stay until they are told to end. For a process of its own.
storm() {
  exec "${LOAD_CLASS[@]}" taskset -c "$LOAD_CPU" "$SLUICE" load --target "127.0.0.1:${PORT[stormy.tls]}" \
    --connections "$1" --rate 0 \
    --tls-handshakes "$1" --warmup 0 --duration 600 --grace 0 --cpu "$LOAD_CPU" --quiet --json "${TLS_LOAD[@]}" \
    >"$STAGE/newcomers.json" 2>&1
}
# handshakes: how many the stormy server has made.
handshakes() {
  # Whatever asks takes CPU time as well: not from the server, and after everybody else.
  "${LOAD_CLASS[@]}" taskset -c "$LOAD_CPU" curl -fs "http://127.0.0.1:${PORT[stormy.admin]}/metrics" |
    awk '/^sluice_tls_handshakes_total.*(full|resumed)/ { sum += $2 } END { print sum + 0 }'
}
# Devices that all come back at once must not disturb those that are there. Those that are there are a program of
# their own that comes first on the load's CPU, so that what is measured is what the server makes them wait.
run_tls_storm() {
  local run count=10000 measured
  local load=(--path /v1/events/events --minimal --connections 64 --bytes 300 --rate 2000 --depth 16 --wait block)
  local class=() idle=("${LOAD_CLASS[@]}")
  [ "$QUICK" = no ] || count=1000
  prepare_tls
  need curl curl
  # Nobody is to be turned away, however slow the load's core is.
  # shellcheck disable=SC2034 # stage.sh uses it
  TLS_DETAILS=', handshake_timeout: 60s'
  start_sluice stormy 'wait: balanced' "$SMALL_LOG" "limits: {connections: 12000, connections_per_source: 12000}"
  if chrt --fifo 10 true 2>/dev/null; then class=(chrt --fifo 10); else say "no real-time class: expect noise"; fi
  for ((run = 0; run < RUNS; run++)); do
    # shellcheck disable=SC2034 # stage.sh uses it
    LOAD_CLASS=("${class[@]}")
    drive stormy.tls "${load[@]}" "${TLS_LOAD[@]}" --duration "$SECONDS_EACH"
    note storm calm "$(calculate "${METRICS[p99]} / 1000")"
    # It goes on until the storm is over, and measures nothing else.
    "${class[@]}" taskset -c "$LOAD_CPU" "$SLUICE" load --target "127.0.0.1:${PORT[stormy.tls]}" --cpu "$LOAD_CPU" \
      --congestion cubic --quiet --json "${load[@]}" "${TLS_LOAD[@]}" --warmup 0.5 --duration 60 \
      >"$STAGE/storm.json" &
    measured=$!
    STARTED+=("$measured")
    sleep 0.6
    # shellcheck disable=SC2034
    LOAD_CLASS=("${idle[@]}")
    local began before newcomers
    before=$(handshakes)
    began=$(date +%s%N)
    storm $count &
    newcomers=$!
    STARTED+=("$newcomers")
    until [ "$(($(handshakes) - before))" -ge $count ]; do
      [ -d "/proc/$newcomers" ] || fail "the storm did not come through: $(cat "$STAGE/newcomers.json")"
      sleep 0.3
    done
    note storm seconds "$(calculate "($(date +%s%N) - $began) / 1e9")"
    # Those that were there first are told first: what is measured ends with the storm.
    kill -INT "$measured"
    wait "$measured" || say "  established connections had errors: $(grep -o '"errors".*' "$STAGE/storm.json")"
    kill -INT "$newcomers"
    wait "$newcomers" || fail "the storm ended with errors: $(cat "$STAGE/newcomers.json")"
    note storm p99 "$(calculate "$(grep -o '"latency_ns".*' "$STAGE/storm.json" | field p99) / 1000")"
    note storm p90 "$(calculate "$(grep -o '"latency_ns".*' "$STAGE/storm.json" | field p90) / 1000")"
    note storm handshake-p99 "$(calculate "$(grep -o '"handshake_ns".*' "$STAGE/newcomers.json" | field p99) / 1e6")"
  done
  stop_contender stormy
  # shellcheck disable=SC2034
  TLS_DETAILS=
  rm -rf "$STAGE/stormy.data"
  row "$count new connections: p99 of others" "$(taken storm p99)" "us" "the same when calm" \
    "$(taken storm calm)" '<=' 2
  info_row "  p90" "$(taken storm p90)" "us"
  info_row "  all of them connected after" "$(taken storm seconds)" "s"
  info_row "  their handshakes: p99" "$(taken storm handshake-p99)" "ms"
}
