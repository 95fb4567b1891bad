// The least an HTTP server can do: reads each request, head and body, and answers a fixed 204.
//
//   responder PORT [CPU]
//
// One thread, epoll, level triggered, one receive and one send a wake-up: every request that a receive completes is
// answered in the same send, so it is aware of pipelining. It understands Content-Length and nothing else, checks
// nothing and stores nothing. Stops on SIGTERM and says what it did and what a request cost.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 64 << 10, HEAD_BYTES_MAX = 16 << 10, CONNECTIONS_MAX = 1 << 16, EVENTS = 512 };

static const char answer[] = "HTTP/1.1 204 No Content\r\nServer: responder\r\nConnection: keep-alive\r\n\r\n";
enum { ANSWER_BYTES = sizeof answer - 1, ANSWERS_MAX = 1024 };

// What a connection has to remember between two receives.
struct connection {
  size_t body_left;  // of the request whose head is complete
  size_t head_count; // bytes of a head that is not
  char *head;
};

static struct connection connections[CONNECTIONS_MAX];
static char answers[ANSWER_BYTES * ANSWERS_MAX];
static uint64_t requests, body_bytes;
static volatile sig_atomic_t stopped;

static void stop(int number) {
  (void)number;
  stopped = 1;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

// The body length that a head declares; 0 when it declares none.
static size_t content_length(const char *head, const char *end) {
  for (const char *line = head; line < end;) {
    const char *next = memchr(line, '\n', (size_t)(end - line));
    if (!next) break;
    if (next - line > 15 && strncasecmp(line, "content-length:", 15) == 0) return strtoul(line + 15, NULL, 10);
    line = next + 1;
  }
  return 0;
}

// Where the head that begins at `bytes` ends, or NULL when it goes on.
static const char *head_end(const char *bytes, size_t count) {
  const char *found = memmem(bytes, count, "\r\n\r\n", 4);
  return found ? found + 4 : NULL;
}

// Consumes received bytes. Returns how many requests they complete, or -1 for a head beyond the limit.
static int consume(struct connection *connection, const char *bytes, size_t count) {
  int completed = 0;
  while (count > 0) {
    if (connection->body_left > 0) {
      size_t taken = count < connection->body_left ? count : connection->body_left;
      connection->body_left -= taken;
      body_bytes += taken;
      bytes += taken;
      count -= taken;
      if (connection->body_left == 0) completed++;
      continue;
    }
    const char *end;
    if (connection->head_count > 0) { // a head that began in an earlier receive
      if (connection->head_count == HEAD_BYTES_MAX) return -1;
      connection->head[connection->head_count++] = *bytes++;
      count--;
      end = head_end(connection->head, connection->head_count);
      if (!end) continue;
      connection->body_left = content_length(connection->head, end);
      connection->head_count = 0;
    } else if ((end = head_end(bytes, count))) {
      connection->body_left = content_length(bytes, end);
      count -= (size_t)(end - bytes);
      bytes = end;
    } else {
      if (count > HEAD_BYTES_MAX) return -1;
      if (!connection->head && !(connection->head = malloc(HEAD_BYTES_MAX))) die("malloc");
      memcpy(connection->head, bytes, count);
      connection->head_count = count;
      return completed;
    }
    if (connection->body_left == 0) completed++;
  }
  return completed;
}

// Sends `count` answers. The peer reads what it asked for, so a send that would block is an error.
static int reply(int descriptor, int count) {
  while (count > 0) {
    int part = count < ANSWERS_MAX ? count : ANSWERS_MAX;
    size_t length = (size_t)part * ANSWER_BYTES;
    if (send(descriptor, answers, length, MSG_NOSIGNAL) != (ssize_t)length) return -1;
    count -= part;
  }
  return 0;
}

static void forget(int descriptor) {
  struct connection *connection = &connections[descriptor];
  free(connection->head);
  memset(connection, 0, sizeof *connection);
  close(descriptor);
}

static int listener(int port) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  if (descriptor < 0) die("socket");
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) || listen(descriptor, 4096)) die("listen");
  return descriptor;
}

static void accept_all(int poll, int listening) {
  int one = 1;
  for (;;) {
    int descriptor = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    if (descriptor >= CONNECTIONS_MAX) {
      close(descriptor);
      continue;
    }
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event)) die("epoll_ctl");
  }
}

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "usage: responder PORT [CPU]\n");
    return 2;
  }
  if (count > 2) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET((size_t)atoi(arguments[2]), &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus)) die("sched_setaffinity");
  }
  for (size_t i = 0; i < ANSWERS_MAX; i++) memcpy(answers + i * ANSWER_BYTES, answer, ANSWER_BYTES);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);

  int listening = listener(atoi(arguments[1]));
  int poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listening};
  if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listening, &event)) die("epoll");

  static char bytes[RECEIVE_BYTES];
  static struct epoll_event events[EVENTS];
  while (!stopped) {
    int ready = epoll_wait(poll, events, EVENTS, -1);
    if (ready < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < ready; i++) {
      int descriptor = events[i].data.fd;
      if (descriptor == listening) {
        accept_all(poll, listening);
        continue;
      }
      ssize_t received = recv(descriptor, bytes, sizeof bytes, 0);
      if (received < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      int completed = received > 0 ? consume(&connections[descriptor], bytes, (size_t)received) : -1;
      if (completed < 0 || reply(descriptor, completed)) {
        forget(descriptor);
        continue;
      }
      requests += (uint64_t)completed;
    }
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"requests\": %lu, \"body_bytes\": %lu, \"cpu_seconds\": %.3f, \"us_per_request\": %.3f}\n",
      (unsigned long)requests, (unsigned long)body_bytes, cpu, requests ? cpu * 1e6 / (double)requests : 0.0);
  return 0;
}
