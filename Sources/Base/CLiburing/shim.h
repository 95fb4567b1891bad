#pragma once
// Before liburing.h, which would otherwise want _GNU_SOURCE from whoever imports this module.
#include <features.h>
#include <liburing.h>

static inline unsigned ring_load_acquire(const unsigned *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void ring_store_release(unsigned *p, unsigned v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
