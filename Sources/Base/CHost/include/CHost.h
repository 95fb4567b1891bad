#pragma once
// What Swift cannot say to Linux: macros, variadic calls, and what glibc shows only under _GNU_SOURCE (which a header
// that Swift imports must not define). Results below zero are negated error numbers.
#include <stddef.h>
#include <stdint.h>

/// Pins the calling thread to one CPU: 0, or an error number.
int host_pin_to_cpu(int cpu);
/// Writes the numbers of the CPUs that the process may run on, and returns how many there are.
int host_allowed_cpus(int *cpus, int capacity);
/// Names the calling thread, as `top -H` shows it. Bound: 15 bytes.
void host_name_thread(const char *name);
/// Asks the kernel to serve the calling thread's disk requests after everybody else's.
void host_lower_io_priority(void);

/// A loop's pause while it spins on memory that another thread writes.
static inline void host_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// io_uring_enter(2): how many entries were submitted.
int host_ring_enter(int ring, unsigned submit, unsigned wait, unsigned flags);
/// The same, waiting at least `minimum_wait_us` for all of `wait` (6.12) and at most `timeout_ns`, 0 for ever.
int host_ring_enter_timed(int ring, unsigned submit, unsigned wait, unsigned flags, uint32_t minimum_wait_us,
                          int64_t timeout_ns);
/// Registers a ring of provided buffers; `flags` are newer than liburing 2.3.
int host_register_buffer_ring(int ring, void *entries, uint32_t count, uint16_t group, uint16_t flags);
/// Cancels everything that is under way in a ring and waits for it, at most `timeout_ns`.
int host_cancel_all(int ring, int64_t timeout_ns);

/// A TCP socket that blocks and ends with exec.
int host_stream_socket(int family);
/// Two such ends, connected with one another within the kernel.
int host_stream_pair(int ends[2]);
// Constants that reach Swift by way of several modules, or of none, depending on who builds; host.c checks them.
static const int host_accept_flags = 02000000;      // SOCK_CLOEXEC, for accept4(2)
static const int host_send_flags = 0x4000 | 0x100;  // MSG_NOSIGNAL | MSG_WAITALL, for send(2)
static const int host_both_directions = 2;          // SHUT_RDWR, for shutdown(2)

/// Lets the receiving CPU choose among the sockets of a SO_REUSEPORT group: `cpus[i]` leads to socket `i`.
int host_steer_by_cpu(int socket, const int *cpus, int count);

/// open(2) for reading and writing past the page cache, each write durable when it returns.
int host_open_durable(const char *path);
/// open(2) for reading past the page cache.
int host_open_direct_read(const char *path);
/// fallocate(2): disk blocks for the first `bytes` bytes, which count as part of the file.
int host_allocate(int file, int64_t bytes);

/// An eventfd that blocks.
int host_event(void);
/// Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it starts, ignores SIGPIPE, and returns a signalfd.
int host_signals(void);
/// The next signal of a signalfd, 0 when there is none.
int host_next_signal(int descriptor);
/// Starts a program that is looked for as a shell would, and returns where its standard output is read without waiting.
///
/// It leads a process group of its own, has no signal blocked, and nothing of ours open; what it says on standard error
/// goes nowhere.
int host_spawn(char *const *words, int *process);
/// getrandom(2): all of `count` bytes, or an error number.
int host_random(void *bytes, size_t count);
/// Writes uname(2)'s release.
int host_kernel_release(char *text, size_t capacity);
/// statfs(2): the magic number of the file system that a path is on.
int64_t host_file_system(const char *path);
/// adjtimex(2): 1 when the kernel takes its clock for synchronised, 0 when not.
int host_clock_is_synchronised(void);
/// Has malloc(3) keep so much of what is freed at the end of a heap, and ask for so much more than it needs.
void host_keep_freed(int trim_bytes, int pad_bytes);
