// The least an ingestion server can do: receives length-prefixed messages over loopback TCP and counts them.
//
//   sink [conns=64] [msg=256] [batch=64] [touch=0] [ms=2000] [server=0] [load=1]
//        [buffer=16384] [buffers=1024] [bundle=1]
//
// The server runs on CPU `server`; a child process on CPU `load` sends as fast as TCP lets it, `batch` messages a
// write. Every message carries a sequence number that is checked. With touch=1 every byte of the payload is read, as a
// server does that checks or copies what it stores. Prints one JSON object.
#include "limit.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

static int conns = 64, msg = 256, batch = 64, touch = 0, ms = 2000, server = 0, load = 1, buffer = 16384,
           buffers = 1024, bundle = 1;

// How far a connection's stream is read.
struct stream {
  uint32_t payload_left;
  uint32_t length_count; // bytes of a length that straddles two buffers
  uint32_t sequence;
  uint8_t length[4];
};
static struct stream streams[4096];
static int sockets[4096];
static uint64_t messages, bytes_total, checksum;

static void check(struct stream *stream, uint32_t length, const uint8_t *payload, size_t count) {
  uint32_t sequence = stream->sequence % (uint32_t)batch, found = sequence;
  if (count >= 4) memcpy(&found, payload, 4);
  if (length != (uint32_t)msg - 4 || found != sequence) {
    fprintf(stderr, "the stream is corrupt: length %u, sequence %u instead of %u\n", length, found, sequence);
    exit(1);
  }
}
static void touch_bytes(const uint8_t *payload, size_t count) {
  size_t at = 0;
  for (; at + 8 <= count; at += 8) {
    uint64_t word;
    memcpy(&word, payload + at, 8);
    checksum += word;
  }
  for (; at < count; at++) checksum += payload[at];
}
static void consume(struct stream *stream, const uint8_t *bytes, size_t count) {
  bytes_total += count;
  while (count > 0) {
    if (stream->payload_left > 0) {
      size_t taken = count < stream->payload_left ? count : stream->payload_left;
      if (touch) touch_bytes(bytes, taken);
      stream->payload_left -= (uint32_t)taken;
      bytes += taken;
      count -= taken;
      if (stream->payload_left > 0) return;
      stream->sequence++;
      messages++;
      continue;
    }
    uint32_t length;
    if (stream->length_count == 0 && count >= 4) {
      memcpy(&length, bytes, 4);
      bytes += 4;
      count -= 4;
    } else {
      while (count > 0 && stream->length_count < 4) stream->length[stream->length_count++] = *bytes++, count--;
      if (stream->length_count < 4) return;
      memcpy(&length, stream->length, 4);
      stream->length_count = 0;
    }
    check(stream, length, bytes, count);
    stream->payload_left = length;
  }
}

// The child: keeps every socket full until the server closes it.
static void generate(int port) {
  static struct epoll_event events[512];
  static size_t sent[4096];
  static char is_ready[4096];
  size_t block_bytes = (size_t)msg * (size_t)batch;
  char *block = map(block_bytes);
  pin(load);
  memset(block, 0x5A, block_bytes);
  for (int i = 0; i < batch; i++) {
    uint32_t header[2] = {(uint32_t)msg - 4, (uint32_t)i};
    memcpy(block + (size_t)i * (size_t)msg, header, sizeof header);
  }
  int poll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < conns; i++) {
    sockets[i] = connect_to(port);
    fcntl(sockets[i], F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET, .data.fd = i};
    epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &event);
    is_ready[i] = 1;
  }
  for (;;) {
    int progressed = 0;
    for (int i = 0; i < conns; i++) {
      if (!is_ready[i]) continue;
      ssize_t count = send(sockets[i], block + sent[i], block_bytes - sent[i], MSG_NOSIGNAL);
      if (count > 0) {
        sent[i] = (sent[i] + (size_t)count) % block_bytes;
        progressed = 1;
      } else if (errno == EAGAIN) {
        is_ready[i] = 0;
      } else {
        _exit(0);
      }
    }
    int ready = epoll_wait(poll, events, 512, progressed ? 0 : 200);
    for (int i = 0; i < ready; i++) is_ready[events[i].data.fd] = 1;
  }
}

static struct io_uring ring;
static struct pool pool;

static void receive(int connection) {
  struct io_uring_sqe *entry = ring_entry(&ring);
  io_uring_prep_recv_multishot(entry, sockets[connection], NULL, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->ioprio |= IORING_RECVSEND_POLL_FIRST | (bundle ? RECEIVE_BUNDLE : 0);
  entry->user_data = (uint64_t)connection;
}

// One completion: with bundles it may span several buffers that follow each other in the pool.
static void received(const struct io_uring_cqe *done) {
  int connection = (int)done->user_data;
  if (done->res > 0) {
    unsigned id = done->flags >> IORING_CQE_BUFFER_SHIFT;
    for (size_t left = (size_t)done->res; left > 0;) {
      size_t count = left < pool.buffer_bytes ? left : pool.buffer_bytes;
      consume(&streams[connection], (uint8_t *)pool_buffer(&pool, id), count);
      pool_return(&pool, id);
      left -= count;
      id = (id + 1) & (pool.count - 1);
    }
  }
  if (done->flags & IORING_CQE_F_MORE) return;
  if (done->res > 0 || done->res == -ENOBUFS) receive(connection);
  else fail(done->res, "recv");
}

int main(int count, char **arguments) {
  const struct option known[] = {{"conns", &conns}, {"msg", &msg}, {"batch", &batch}, {"touch", &touch}, {"ms", &ms},
      {"server", &server}, {"load", &load}, {"buffer", &buffer}, {"buffers", &buffers}, {"bundle", &bundle}};
  read_options(count, arguments, known, sizeof known / sizeof *known);
  if (conns < 1 || conns > 4096 || msg < 8) return fprintf(stderr, "conns is 1 to 4096, msg at least 8\n"), 2;

  int port, listening = listen_anywhere(&port);
  pid_t child = fork();
  if (child == 0) generate(port);
  pin(server);
  for (int i = 0; i < conns; i++) {
    if ((sockets[i] = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) < 0) die("accept");
  }
  if (!(ring_open(&ring, 256, 8192) & FEATURE_BUNDLE)) bundle = 0;
  pool_open(&pool, &ring, (unsigned)buffers, (unsigned)buffer);
  for (int i = 0; i < conns; i++) receive(i);

  // A quarter of a second to warm up, then measure.
  uint64_t from = now_ns() + 250000000u, until = from + (uint64_t)ms * 1000000u, began = 0, cpu = 0;
  uint64_t messages_before = 0, bytes_before = 0, now;
  while ((now = now_ns()) < until) {
    if (!began && now >= from) {
      began = now, cpu = cpu_ns();
      messages_before = messages, bytes_before = bytes_total;
    }
    ring_wait(&ring, 100000000u);
    struct io_uring_cqe *done;
    unsigned head, taken = 0;
    io_uring_for_each_cqe(&ring, head, done) {
      received(done);
      taken++;
    }
    io_uring_cq_advance(&ring, taken);
    pool_publish(&pool);
  }
  double seconds = (double)(now - began) / 1e9, busy = (double)(cpu_ns() - cpu) / 1e9;
  double rate = (double)(messages - messages_before) / seconds;
  printf("{\"events_per_second\": %.0f, \"bytes_per_second\": %.0f, \"server_busy\": %.3f, \"ns_per_event\": %.1f, "
         "\"touch\": %d, \"bundle\": %d, \"checksum\": %u}\n",
      rate, (double)(bytes_total - bytes_before) / seconds, busy / seconds, busy * 1e9 / (rate * seconds), touch,
      bundle, (unsigned)checksum);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return 0;
}
