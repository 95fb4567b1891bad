#pragma once
#include <zlib.h>
// `inflateInit2` is a macro that hides the library's version check; Swift needs it as a function.
static inline int zlib_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
