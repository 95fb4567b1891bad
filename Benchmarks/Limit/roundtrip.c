// The least a request/response server can do: answers every request of a fixed size with two bytes.
//
//   roundtrip [ring=1] [spin_us=0] [conns=64] [request=256] [rate=0] [ms=3000] [server=0] [load=1]
//
// The server runs on CPU `server`: with ring=1 multishot receives and sends on io_uring, with ring=0 epoll. It looks
// for work for `spin_us` before it sleeps. A child process on CPU `load` keeps one request a connection under way
// (rate=0), or sends `rate` requests a second (an open loop: latency counts from the time a request was due).
// Prints two JSON objects, the server's and the child's.
#include "limit.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

enum { CONNECTIONS_MAX = 4096, WAITING_MAX = 64, SEND = 1 << 20 };
static const uint64_t WARM_UP_NS = 300000000u;

static int use_ring = 1, spin_us = 0, conns = 64, request = 256, rate = 0, ms = 3000, server = 0, load = 1;
static int sockets[CONNECTIONS_MAX];
static uint32_t received_bytes[CONNECTIONS_MAX];
static struct io_uring ring;
static struct pool pool;
static char *payload;

static void receive(int connection) {
  struct io_uring_sqe *entry = ring_entry(&ring);
  io_uring_prep_recv_multishot(entry, connection, NULL, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE;
  entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
  entry->user_data = (uint64_t)connection;
}
static void answer(int connection, const void *bytes, unsigned count) {
  struct io_uring_sqe *entry = ring_entry(&ring);
  io_uring_prep_send(entry, connection, bytes, count, MSG_NOSIGNAL | MSG_WAITALL);
  entry->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
  entry->user_data = SEND;
}
// What a completion brought, its buffer given back: a count of bytes, 0 when nothing, below zero at the end.
static int take_received(const struct io_uring_cqe *done, int *connection) {
  if (done->user_data >= SEND) return done->res < 0 ? -1 : 0;
  *connection = (int)done->user_data;
  if (done->res > 0) pool_return(&pool, done->flags >> IORING_CQE_BUFFER_SHIFT);
  if (done->res == 0 || (done->res < 0 && done->res != -ENOBUFS)) return -1;
  if (!(done->flags & IORING_CQE_F_MORE)) receive(*connection);
  return done->res > 0 ? done->res : 0;
}
static void open_ring(void) {
  ring_open(&ring, 512, 8192);
  fail(io_uring_register_files(&ring, sockets, (unsigned)conns), "io_uring_register_files");
  pool_open(&pool, &ring, 256, 4096);
  for (int i = 0; i < conns; i++) receive(i);
}

// MARK: The child

static uint64_t times[CONNECTIONS_MAX][WAITING_MAX];
static unsigned asked[CONNECTIONS_MAX], answered[CONNECTIONS_MAX];
static struct histogram latencies;

static int ask(int connection, uint64_t time) {
  if (asked[connection] - answered[connection] == WAITING_MAX) return 0;
  times[connection][asked[connection]++ % WAITING_MAX] = time;
  answer(connection, payload, (unsigned)request);
  return 1;
}
static void take_answers(const struct io_uring_cqe *done, uint64_t now, uint64_t from) {
  int connection = 0, count = take_received(done, &connection);
  if (count < 0) fail(-ECONNRESET, "the server");
  received_bytes[connection] += (uint32_t)count;
  for (; received_bytes[connection] >= 2; received_bytes[connection] -= 2) {
    uint64_t time = times[connection][answered[connection]++ % WAITING_MAX];
    if (time >= from) histogram_record(&latencies, now - time);
    if (!rate) ask(connection, now);
  }
}
static void generate(int port, int out) {
  pin(load);
  for (int i = 0; i < conns; i++) sockets[i] = connect_to(port);
  open_ring();
  uint64_t began = now_ns(), from = began + WARM_UP_NS, until = from + (uint64_t)ms * 1000000u, now = began;
  uint64_t sent = 0, missed = 0;
  for (int i = 0; i < conns && !rate; i++) ask(i, now);
  while (now < until) {
    for (; rate && began + sent * 1000000000u / (uint64_t)rate <= now; sent++)
      missed += !ask((int)(sent % (uint64_t)conns), began + sent * 1000000000u / (uint64_t)rate);
    if (rate) io_uring_submit_and_get_events(&ring);
    else ring_wait(&ring, 100000000u);
    now = now_ns();
    struct io_uring_cqe *done;
    unsigned head, taken = 0;
    io_uring_for_each_cqe(&ring, head, done) {
      take_answers(done, now, from);
      taken++;
    }
    io_uring_cq_advance(&ring, taken);
    pool_publish(&pool);
  }
  dprintf(out,
      "{\"p50_ns\": %lu, \"p90_ns\": %lu, \"p99_ns\": %lu, \"p999_ns\": %lu, \"max_ns\": %lu, \"count\": %lu, "
      "\"missed\": %lu}\n",
      (unsigned long)histogram_percentile(&latencies, 0.5), (unsigned long)histogram_percentile(&latencies, 0.9),
      (unsigned long)histogram_percentile(&latencies, 0.99), (unsigned long)histogram_percentile(&latencies, 0.999),
      (unsigned long)latencies.max, (unsigned long)latencies.count, (unsigned long)missed);
  _exit(0);
}

// MARK: The server

static uint64_t requests;

// Answers what is complete; false when the child is gone.
static int serve_ring(void) {
  int is_open = 1;
  io_uring_submit_and_get_events(&ring);
  if (!io_uring_cq_ready(&ring)) {
    uint64_t until = now_ns() + (uint64_t)spin_us * 1000u;
    while (spin_us && now_ns() < until && !io_uring_cq_ready(&ring)
        && !(IO_URING_READ_ONCE(*ring.sq.kflags) & IORING_SQ_TASKRUN)) {
    }
    ring_wait(&ring, 100000000u);
  }
  struct io_uring_cqe *done;
  unsigned head, taken = 0;
  io_uring_for_each_cqe(&ring, head, done) {
    int connection = 0, count = take_received(done, &connection);
    taken++;
    if (count < 0) is_open = 0;
    if (count <= 0) continue;
    for (received_bytes[connection] += (uint32_t)count; received_bytes[connection] >= (uint32_t)request; requests++) {
      received_bytes[connection] -= (uint32_t)request;
      answer(connection, "OK", 2);
    }
  }
  io_uring_cq_advance(&ring, taken);
  pool_publish(&pool);
  return is_open;
}
static int serve_epoll(int poll) {
  static char bytes[65536];
  struct epoll_event events[256];
  int ready = 0;
  uint64_t until = now_ns() + (uint64_t)spin_us * 1000u;
  do ready = epoll_wait(poll, events, 256, 0);
  while (ready == 0 && spin_us && now_ns() < until);
  if (ready == 0) ready = epoll_wait(poll, events, 256, 100);
  for (int i = 0; i < ready; i++) {
    int connection = events[i].data.fd;
    ssize_t count = recv(sockets[connection], bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return 0;
    if (count < 0) continue;
    for (received_bytes[connection] += (uint32_t)count; received_bytes[connection] >= (uint32_t)request; requests++) {
      received_bytes[connection] -= (uint32_t)request;
      if (send(sockets[connection], "OK", 2, MSG_NOSIGNAL) != 2) return 0;
    }
  }
  return 1;
}
static int open_poll(void) {
  int poll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < conns; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = i};
    epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &event);
  }
  return poll;
}

int main(int count, char **arguments) {
  const struct option known[] = {{"ring", &use_ring}, {"spin_us", &spin_us}, {"conns", &conns}, {"request", &request},
      {"rate", &rate}, {"ms", &ms}, {"server", &server}, {"load", &load}};
  read_options(count, arguments, known, sizeof known / sizeof *known);
  if (conns < 1 || conns > CONNECTIONS_MAX || request < 1) return fprintf(stderr, "conns is 1 to 4096\n"), 2;
  payload = map((size_t)request);
  int port, ends[2], listening = listen_anywhere(&port);
  if (pipe(ends)) die("pipe");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) generate(port, ends[1]);
  close(ends[1]);
  pin(server);
  for (int i = 0; i < conns; i++) {
    if ((sockets[i] = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) < 0) die("accept");
    prepare_socket(sockets[i]);
  }
  int poll = use_ring ? -1 : open_poll();
  if (use_ring) open_ring();

  uint64_t from = now_ns() + WARM_UP_NS, until = from + (uint64_t)ms * 1000000u - 50000000u, began = 0, ended = 0;
  uint64_t cpu = 0, requests_before = 0, busy = 0, measured = 0;
  for (int is_open = 1; is_open;) {
    is_open = use_ring ? serve_ring() : serve_epoll(poll);
    uint64_t now = now_ns();
    if (!began && now >= from) began = now, cpu = cpu_ns(), requests_before = requests;
    if (began && !ended && (now >= until || !is_open))
      ended = now, busy = cpu_ns() - cpu, measured = requests - requests_before;
  }
  if (!ended) return fprintf(stderr, "the child ended early\n"), 1;
  printf("{\"requests_per_second\": %.0f, \"server_busy\": %.3f, \"us_per_request\": %.3f, \"ring\": %d, "
         "\"spin_us\": %d, \"rate\": %d}\n",
      (double)measured * 1e9 / (double)(ended - began), (double)busy / (double)(ended - began),
      (double)busy / 1e3 / (double)measured, use_ring, spin_us, rate);
  fflush(stdout);
  char told[512];
  ssize_t length = read(ends[0], told, sizeof told);
  if (length > 0 && write(STDOUT_FILENO, told, (size_t)length) != length) die("write");
  waitpid(child, NULL, 0);
  return 0;
}
