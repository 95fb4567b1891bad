// The least a durable log can do: appends blocks to one file and waits until the disk has each of them.
//
//   durable PATH [size=65536] [depth=1] [mode=0] [prepare=0] [rate=0] [ms=2000] [mb=256] [cpu=0]
//
//   mode     0  O_DIRECT | O_DSYNC writes
//            1  O_DIRECT writes, `depth` of them, then one fdatasync (group commit)
//            2  buffered writes, each linked to an fdatasync
//            3  O_DIRECT without any flush: what the device takes
//   prepare  0  the file is written in advance and used round and round, as recycled segments are
//            1  allocated by fallocate, 2 growing
//
//   rate     0  the next block as soon as one is durable
//            N  open loop: N events a second arrive, and those that wait share a block as soon as fewer than `depth`
//               are under way; a latency is from an event's intended time, and the program spins
//
// Prints one JSON object; a latency is from submitting a block until it is durable.
#include "limit.h"
#include <fcntl.h>
#include <sys/stat.h>

enum mode { DIRECT_DSYNC, DIRECT_GROUP, BUFFERED_LINKED, DIRECT_ONLY };
enum prepare { RECYCLED, ALLOCATED, GROWING };
enum { MEMORY_BYTES = 16 << 20, DEPTH_MAX = 64, FLUSH = 1 << 8 };

static int size = 65536, depth = 1, mode = DIRECT_DSYNC, prepare = RECYCLED, rate = 0, ms = 2000, mb = 256, cpu = 0;
static struct io_uring ring;
static struct histogram latencies;
static char *memory;
static size_t file_bytes;
static uint64_t submitted_ns[DEPTH_MAX], offset, blocks;
static unsigned in_flight;
static int descriptor;

static void write_in_advance(const char *path) {
  struct stat found;
  if (!stat(path, &found) && (size_t)found.st_size == file_bytes && (size_t)found.st_blocks * 512 >= file_bytes) return;
  int file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) die(path);
  for (size_t at = 0; at < file_bytes; at += MEMORY_BYTES) {
    if (pwrite(file, memory, MEMORY_BYTES, (off_t)at) != MEMORY_BYTES) die("write in advance");
  }
  if (fsync(file)) die("fsync");
  close(file);
}

static void submit_write(int slot) {
  if (prepare == RECYCLED && offset + (size_t)size > file_bytes) offset = 0;
  struct io_uring_sqe *entry = ring_entry(&ring);
  char *block = memory + (size_t)slot * (size_t)size % MEMORY_BYTES;
  io_uring_prep_write_fixed(entry, descriptor, block, (unsigned)size, offset, 0);
  if (mode == BUFFERED_LINKED) entry->flags |= IOSQE_IO_LINK;
  entry->user_data = (uint64_t)slot;
  offset += (size_t)size;
  submitted_ns[slot] = now_ns();
  in_flight++;
}
static void submit_flush(int slot) {
  struct io_uring_sqe *entry = ring_entry(&ring);
  io_uring_prep_fsync(entry, descriptor, IORING_FSYNC_DATASYNC);
  entry->user_data = (uint64_t)slot | FLUSH;
  in_flight++;
}
static void submit(int slot) {
  submit_write(slot);
  if (mode == BUFFERED_LINKED) submit_flush(slot);
}
// Takes one completion and says what it is of.
static uint64_t take(void) {
  struct io_uring_cqe *done;
  fail(io_uring_submit_and_wait(&ring, 1), "io_uring_enter");
  fail(io_uring_wait_cqe(&ring, &done), "io_uring_wait_cqe");
  uint64_t token = done->user_data;
  int result = done->res;
  io_uring_cqe_seen(&ring, done);
  in_flight--;
  fail(result, token & FLUSH ? "fdatasync" : "write");
  if (!(token & FLUSH) && result != size) fail(-EIO, "a short write");
  return token;
}
static int has_room(void) { return prepare == RECYCLED || offset + (size_t)depth * (size_t)size <= file_bytes; }

// Each block for itself: as soon as one is durable the next takes its place.
static void run_each(uint64_t until) {
  for (int slot = 0; slot < depth; slot++) submit(slot);
  while (in_flight > 0) {
    uint64_t token = take();
    if (mode == BUFFERED_LINKED && !(token & FLUSH)) continue;
    int slot = (int)(token & (FLUSH - 1));
    uint64_t now = now_ns();
    histogram_record(&latencies, now - submitted_ns[slot]);
    blocks++;
    if (now < until && has_room()) submit(slot);
  }
}
// Group commit: `depth` writes at a time, then one flush for all of them.
static void run_groups(uint64_t until) {
  uint64_t now = 0;
  while (now < until && has_room()) {
    for (int slot = 0; slot < depth; slot++) submit_write(slot);
    while (in_flight > 0) take();
    submit_flush(0);
    take();
    now = now_ns();
    for (int slot = 0; slot < depth; slot++) histogram_record(&latencies, now - submitted_ns[slot]);
    blocks += (uint64_t)depth;
  }
}
// Events arrive whatever the disk does: its stalls count as often as there was somebody to wait for them.
static void run_open(uint64_t began, uint64_t until) {
  uint64_t interval = 1000000000u / (unsigned)rate, taken = 0, first[DEPTH_MAX], last[DEPTH_MAX];
  uint64_t idle = ((uint64_t)1 << depth) - 1, everyone = idle;
  for (uint64_t now = began; now < until || idle != everyone; now = now_ns()) {
    uint64_t arrived = now < until ? (now - began) / interval + 1 : taken;
    if (arrived > taken && idle) {
      int slot = __builtin_ctzll(idle);
      idle &= idle - 1;
      first[slot] = taken;
      taken = last[slot] = arrived;
      submit_write(slot);
    }
    fail(io_uring_submit_and_get_events(&ring), "io_uring_enter");
    struct io_uring_cqe *done;
    while (!io_uring_peek_cqe(&ring, &done)) {
      int slot = (int)done->user_data;
      if (done->res != size) fail(done->res < 0 ? done->res : -EIO, "write");
      io_uring_cqe_seen(&ring, done);
      for (uint64_t event = first[slot]; event < last[slot]; event++)
        histogram_record(&latencies, now_ns() - (began + event * interval));
      in_flight--;
      blocks++;
      idle |= (uint64_t)1 << slot;
    }
  }
}

int main(int count, char **arguments) {
  const struct option known[] = {{"size", &size}, {"depth", &depth}, {"mode", &mode}, {"prepare", &prepare},
      {"rate", &rate}, {"ms", &ms}, {"mb", &mb}, {"cpu", &cpu}};
  if (count < 2 || strchr(arguments[1], '=')) return fprintf(stderr, "usage: durable PATH [name=value ...]\n"), 2;
  const char *path = arguments[1];
  read_options(count - 1, arguments + 1, known, sizeof known / sizeof *known);
  if (depth < 1 || depth >= DEPTH_MAX || rate < 0 || size < 512 || size > MEMORY_BYTES || mode > DIRECT_ONLY || mb % 16)
    return fprintf(stderr, "depth is 1 to 63, size 512 to 16 MiB, mode 0 to 3, mb a multiple of 16\n"), 2;
  pin(cpu);
  file_bytes = (size_t)mb << 20;
  memory = map(MEMORY_BYTES);
  uint64_t random = 88172645463325252u;
  for (size_t i = 0; i < MEMORY_BYTES / 8; i++) { // so that no layer below can compress it
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    ((uint64_t *)memory)[i] = random;
  }
  if (prepare == RECYCLED) write_in_advance(path);
  else unlink(path);
  int flags = O_CREAT | O_RDWR | O_CLOEXEC;
  if (mode != BUFFERED_LINKED) flags |= O_DIRECT;
  if (mode == DIRECT_DSYNC) flags |= O_DSYNC;
  if ((descriptor = open(path, flags, 0600)) < 0) die(path);
  if (prepare == ALLOCATED && fallocate(descriptor, 0, 0, (off_t)file_bytes)) die("fallocate");
  if (fsync(descriptor)) die("fsync");

  ring_open(&ring, 128, 256);
  struct iovec vector = {.iov_base = memory, .iov_len = MEMORY_BYTES};
  fail(io_uring_register_buffers(&ring, &vector, 1), "io_uring_register_buffers");
  uint64_t began = now_ns(), used = cpu_ns(), until = began + (uint64_t)ms * 1000000u;
  if (rate) run_open(began, until);
  else if (mode == DIRECT_GROUP) run_groups(until);
  else run_each(until);
  double seconds = (double)(now_ns() - began) / 1e9, busy = (double)(cpu_ns() - used) / 1e9;
  printf("{\"bytes_per_second\": %.0f, \"commits_per_second\": %.0f, \"p50_ns\": %lu, \"p99_ns\": %lu, "
         "\"max_ns\": %lu, \"busy\": %.3f, \"size\": %d, \"depth\": %d, \"mode\": %d, \"prepare\": %d}\n",
      (double)blocks * size / seconds, (double)blocks / seconds, (unsigned long)histogram_percentile(&latencies, 0.5),
      (unsigned long)histogram_percentile(&latencies, 0.99), (unsigned long)latencies.max, busy / seconds, size, depth,
      mode, prepare);
  return 0;
}
