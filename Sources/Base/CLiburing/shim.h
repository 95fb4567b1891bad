#pragma once
// Before liburing.h, which would otherwise want _GNU_SOURCE from whoever imports this module.
#include <features.h>
#include <liburing.h>

// liburing's own macros for these do not reach Swift.
static inline unsigned ring_load_acquire(const unsigned *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline unsigned ring_load_relaxed(const unsigned *p) { return __atomic_load_n(p, __ATOMIC_RELAXED); }
static inline void ring_store_release(unsigned *p, unsigned v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }

// What the kernel knows and liburing 2.3 has no name for. Source: io_uring(7), linux/io_uring.h of 6.18.
static const unsigned RING_RECEIVE_BUNDLE = 1u << 4;         // io_uring_sqe.ioprio, 6.10
static const unsigned RING_BUFFERS_INCREMENTAL = 2u;         // io_uring_buf_reg.pad, later called flags, 6.12
static const unsigned RING_FEATURE_BUNDLE = 1u << 14;        // 6.10
static const unsigned RING_FEATURE_MINIMUM_WAIT = 1u << 15;  // 6.12
static const unsigned RING_FEATURE_NO_IOWAIT = 1u << 17;     // 6.15
static const unsigned RING_ENTER_NO_IOWAIT = 1u << 7;        // 6.15

static inline void ring_store_release_16(void *p, unsigned short v) {
  __atomic_store_n((unsigned short *)p, v, __ATOMIC_RELEASE);
}
