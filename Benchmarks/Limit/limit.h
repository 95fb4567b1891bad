// What the limit's programs share: options, a clock, a histogram, a ring with a pool of receive buffers.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <features.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Newer than the headers of Debian 12; the kernel says whether it knows them.
#define RECEIVE_BUNDLE (1u << 4)         // sqe->ioprio, Linux 6.10
#define FEATURE_BUNDLE (1u << 14)        // io_uring_params.features
#define ENTER_NO_IOWAIT (1u << 7)        // Linux 6.15

static inline void die(const char *what) {
  perror(what);
  exit(1);
}
static inline void fail(int result, const char *what) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, strerror(-result));
  exit(1);
}

// MARK: Options, each `name=value`

struct option {
  const char *name;
  int *value;
};
static inline void read_options(int count, char **arguments, const struct option *known, size_t known_count) {
  for (int i = 1; i < count; i++) {
    const char *equals = strchr(arguments[i], '=');
    size_t found = known_count;
    for (size_t k = 0; equals && k < known_count; k++) {
      size_t length = strlen(known[k].name);
      if ((size_t)(equals - arguments[i]) == length && !strncmp(arguments[i], known[k].name, length)) found = k;
    }
    if (found == known_count) {
      fprintf(stderr, "`%s` is no option; there are", arguments[i]);
      for (size_t k = 0; k < known_count; k++) fprintf(stderr, " %s=%d", known[k].name, *known[k].value);
      fprintf(stderr, "\n");
      exit(2);
    }
    *known[found].value = atoi(equals + 1);
  }
}

// MARK: Time and CPU

static inline uint64_t clock_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
static inline uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
static inline uint64_t cpu_ns(void) { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

// Other work of the machine must not be measured along: pinned, and before it in the scheduler's eyes.
static inline void pin(int cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET((size_t)cpu, &cpus);
  if (sched_setaffinity(0, sizeof cpus, &cpus)) die("sched_setaffinity");
  setpriority(PRIO_PROCESS, 0, -15);  // refused without privileges, which costs accuracy only
}

// MARK: Durations, each known to within 1.6 %

enum { SUB_BUCKETS = 64 };
struct histogram {
  uint64_t counts[64 * SUB_BUCKETS], count, max;
};
static inline void histogram_record(struct histogram *histogram, uint64_t value) {
  unsigned index = (unsigned)value;
  if (value >= SUB_BUCKETS) {
    unsigned exponent = 63u - (unsigned)__builtin_clzll(value);
    index = (exponent - 6) * SUB_BUCKETS + (unsigned)(value >> (exponent - 6));
  }
  histogram->counts[index]++;
  histogram->count++;
  if (value > histogram->max) histogram->max = value;
}
static inline uint64_t histogram_percentile(const struct histogram *histogram, double fraction) {
  uint64_t wanted = (uint64_t)(fraction * (double)histogram->count), seen = 0;
  for (unsigned index = 0; index < 64 * SUB_BUCKETS; index++) {
    seen += histogram->counts[index];
    if (seen <= wanted) continue;
    if (index < 2 * SUB_BUCKETS) return index;
    return (uint64_t)(index % SUB_BUCKETS + SUB_BUCKETS) << (index / SUB_BUCKETS - 1);
  }
  return histogram->max;
}

// MARK: Sockets

// The host's congestion control may pace; on loopback that would measure the pacing.
static inline void prepare_socket(int descriptor) {
  int one = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
}
static inline int listen_anywhere(int *port) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, length) || listen(descriptor, 4096)
      || getsockname(descriptor, (struct sockaddr *)&address, &length))
    die("listen");
  *port = ntohs(address.sin_port);
  return descriptor;
}
static inline int connect_to(int port) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address)) die("connect");
  prepare_socket(descriptor);
  return descriptor;
}

// MARK: The ring

static inline unsigned ring_open(struct io_uring *ring, unsigned entries, unsigned completions) {
  struct io_uring_params parameters = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG
          | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
      .cq_entries = completions};
  fail(io_uring_queue_init_params(entries, ring, &parameters), "io_uring_queue_init_params");
  fail(io_uring_register_ring_fd(ring), "io_uring_register_ring_fd");
  return parameters.features;
}
static inline struct io_uring_sqe *ring_entry(struct io_uring *ring) {
  struct io_uring_sqe *entry;
  while (!(entry = io_uring_get_sqe(ring))) fail(io_uring_submit(ring), "io_uring_submit");
  return entry;
}
// Hands over what is queued and waits for one completion, but not for longer than `timeout_ns`.
static inline void ring_wait(struct io_uring *ring, uint64_t timeout_ns) {
  struct __kernel_timespec timeout = {
      .tv_sec = (long long)(timeout_ns / 1000000000u), .tv_nsec = (long long)(timeout_ns % 1000000000u)};
  struct io_uring_cqe *first;
  int result = io_uring_submit_and_wait_timeout(ring, &first, 1, &timeout, NULL);
  if (result != -ETIME && result != -EINTR) fail(result, "io_uring_enter");
}

// A pool of receive buffers that the kernel takes from.
struct pool {
  struct io_uring_buf_ring *ring;
  char *memory;
  unsigned count, buffer_bytes;
  int returned;
};
static inline char *pool_buffer(const struct pool *pool, unsigned id) {
  return pool->memory + (size_t)id * pool->buffer_bytes;
}
static inline void pool_return(struct pool *pool, unsigned id) {
  io_uring_buf_ring_add(pool->ring, pool_buffer(pool, id), pool->buffer_bytes, (unsigned short)id,
      (int)pool->count - 1, pool->returned++);
}
static inline void pool_publish(struct pool *pool) {
  io_uring_buf_ring_advance(pool->ring, pool->returned);
  pool->returned = 0;
}
static inline void *map(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  madvise(memory, bytes, MADV_HUGEPAGE);
  memset(memory, 0, bytes);
  return memory;
}
// `count` is a power of two.
static inline void pool_open(struct pool *pool, struct io_uring *ring, unsigned count, unsigned buffer_bytes) {
  *pool = (struct pool){.count = count, .buffer_bytes = buffer_bytes};
  pool->ring = map(count * sizeof(struct io_uring_buf));
  pool->memory = map((size_t)count * buffer_bytes);
  struct io_uring_buf_reg registration = {.ring_addr = (uint64_t)(uintptr_t)pool->ring, .ring_entries = count};
  fail(io_uring_register_buf_ring(ring, &registration, 0), "io_uring_register_buf_ring");
  io_uring_buf_ring_init(pool->ring);
  for (unsigned id = 0; id < count; id++) pool_return(pool, id);
  pool_publish(pool);
}
