#include "head.h"

// Which bytes are in a set: bit `byte >> 4` of entry `byte & 15`. Bytes from 0x80 on are in none.
static const uint8_t sets[4][16] = {
    {0xE8, 0xFC, 0xF8, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xF8, 0xF8, 0xF4, 0x54, 0xD0, 0x54, 0xF4, 0x70},
    {0xF8, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0x7C},
    {0xA8, 0xFC, 0xF8, 0xF8, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xF4, 0x5C, 0x54, 0x5C, 0xD4, 0x70},
    {0xF8, 0xFC, 0xFC, 0xF8, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0x50},
};

// What is asked of 16 bytes at a time. Both twins take bytes that follow the given ones only where `readable` says so.
#if defined(__SSSE3__)
#include <tmmintrin.h>

typedef __m128i block;

static inline block block_load(const uint8_t *bytes, size_t readable) {
  if (__builtin_expect(readable >= 16, 1)) return _mm_loadu_si128((const __m128i *)bytes);
  uint8_t padded[16] = {0};
  memcpy(padded, bytes, readable);
  return _mm_loadu_si128((const __m128i *)padded);
}
// Bytes that a line can't hold without more ado: 0x00 to 0x1F and 0x7F.
static inline unsigned block_controls(block bytes) {
  block low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F))));
}
static inline unsigned block_outside(block bytes, const uint8_t set[16]) {
  block rows = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)set), bytes);
  block columns = _mm_shuffle_epi8(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0),
                                   _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(0x0F)));
  return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(rows, columns), _mm_setzero_si128()));
}
#else
typedef struct {
  uint8_t bytes[16];
} block;

static inline block block_load(const uint8_t *bytes, size_t readable) {
  block loaded = {{0}};
  memcpy(loaded.bytes, bytes, readable < 16 ? readable : 16);
  return loaded;
}
static inline unsigned block_controls(block block) {
  unsigned mask = 0;
  for (int i = 0; i < 16; i++) mask |= (unsigned)(block.bytes[i] < 0x20 || block.bytes[i] == 0x7F) << i;
  return mask;
}
static inline unsigned block_outside(block block, const uint8_t set[16]) {
  unsigned mask = 0;
  for (int i = 0; i < 16; i++) {
    uint8_t byte = block.bytes[i];
    mask |= (unsigned)(byte > 0x7F || !(set[byte & 15] >> (byte >> 4) & 1)) << i;
  }
  return mask;
}
#endif

// How many of the `n` bytes lead in the set; up to `readable` of them may be looked at.
static inline size_t leading(const uint8_t *bytes, size_t n, size_t readable, const uint8_t set[16]) {
  for (size_t at = 0; at < n; at += 16) {
    unsigned outside = block_outside(block_load(bytes + at, readable - at), set);
    if (outside != 0) {
      size_t found = at + (size_t)__builtin_ctz(outside);
      return found < n ? found : n;
    }
  }
  return n;
}

size_t kernel_leading(const uint8_t *bytes, size_t n, enum kernel_set set) { return leading(bytes, n, n, sets[set]); }

#define IS(text) kernel_same(name, text, sizeof(text) - 1)

static inline enum kernel_name known(const uint8_t *name, size_t count) {
  if (count > 3 && name[2] == '-' && IS("ce-")) return kernel_name_cloudevent;
  switch (count) {
    case 4: return IS("host") ? kernel_name_host : kernel_name_other;
    case 6: return IS("expect") ? kernel_name_expect : IS("prefer") ? kernel_name_prefer : kernel_name_other;
    case 10:
      return IS("connection") ? kernel_name_connection : IS("sluice-key") ? kernel_name_sluice_key : kernel_name_other;
    case 11: return IS("traceparent") ? kernel_name_traceparent : kernel_name_other;
    case 12: return IS("content-type") ? kernel_name_content_type : kernel_name_other;
    case 13: return IS("authorization") ? kernel_name_authorization : kernel_name_other;
    case 14: return IS("content-length") ? kernel_name_content_length : kernel_name_other;
    case 15: return IS("sluice-event-id") ? kernel_name_sluice_event_id : kernel_name_other;
    case 16: return IS("content-encoding") ? kernel_name_content_encoding : kernel_name_other;
    case 17: return IS("transfer-encoding") ? kernel_name_transfer_encoding : kernel_name_other;
    case 21: return IS("sluice-schema-version") ? kernel_name_sluice_schema_version : kernel_name_other;
    default: return kernel_name_other;
  }
}

static inline bool blank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

// `name:port` or `name` in the characters of a registered name. Everything else is looked at more closely by Swift.
static inline bool plain_host(const uint8_t *bytes, size_t n, size_t readable) {
  size_t end = leading(bytes, n, readable, sets[kernel_set_host]);
  if (end == n) return true;
  if (bytes[end] != ':' || n - end > 6) return false;
  for (size_t at = end + 1; at < n; at++) {
    if ((uint8_t)(bytes[at] - '0') > 9) return false;
  }
  return true;
}

struct lines {
  const uint8_t *bytes;
  size_t n;
  size_t fields_max;
  struct kernel_field *table;
  size_t table_count;
};

// One field line without its CRLF. A name that ends with anything but a colon covers blanks before the colon, folded
// lines and lines without a colon.
static inline __attribute__((always_inline)) enum kernel_fault field_line(const struct lines *in, size_t start,
                                                                          size_t end, struct kernel_head *head) {
  const uint8_t *name = in->bytes + start;
  size_t length = leading(name, end - start, in->n - start, sets[kernel_set_token]);
  if (__builtin_expect(length == 0 || length == end - start || name[length] != ':', 0)) return kernel_fault_malformed;
  if (++head->fields > in->fields_max) return kernel_fault_crowded;
  enum kernel_name which = known(name, length);
  if (which == kernel_name_other) return kernel_fault_none;
  if (head->known == in->table_count) return kernel_fault_crowded;
  size_t first = start + length + 1;
  while (first < end && blank(in->bytes[first])) first++;
  while (end > first && blank(in->bytes[end - 1])) end--;
  bool is_plain = which == kernel_name_host && plain_host(in->bytes + first, end - first, in->n - first);
  in->table[head->known++] = (struct kernel_field){(uint32_t)start, (uint32_t)first, (uint32_t)end, which, is_plain};
  return kernel_fault_none;
}

// Where the parts of a request line end. What comes between them is looked at by Swift.
static inline void request_line(const struct lines *in, size_t end, struct kernel_head *head) {
  size_t method = leading(in->bytes, end, in->n, sets[kernel_set_token]);
  head->line_end = (uint32_t)end;
  head->method_end = (uint32_t)method;
  size_t target = method < end ? method + 1 : end;
  head->target_end = (uint32_t)(target + leading(in->bytes + target, end - target, in->n - target,
                                                 sets[kernel_set_visible]));
}

// Control bytes among up to 64, as bits.
static inline uint64_t controls(const uint8_t *bytes, size_t readable) {
  uint64_t mask = 0;
  if (__builtin_expect(readable >= 64, 1)) {
    for (size_t at = 0; at < 64; at += 16) mask |= (uint64_t)block_controls(block_load(bytes + at, 16)) << at;
    return mask;
  }
  for (size_t at = 0; at < readable; at += 16) {
    mask |= (uint64_t)block_controls(block_load(bytes + at, readable - at)) << at;
  }
  // What pads the last block is not there.
  return mask & (~UINT64_C(0) >> (64 - readable));
}

enum kernel_fault kernel_head_scan(const uint8_t *bytes, size_t n, bool has_line, size_t fields_max,
                                   struct kernel_field *table, size_t table_count, struct kernel_head *head) {
  const struct lines in = {bytes, n, fields_max, table, table_count};
  size_t start = 0;
  bool first = has_line;
  *head = (struct kernel_head){0, 0, 0, 0, 0, 0};
  for (size_t base = 0; base < n; base += 64) {
    uint64_t found = controls(bytes + base, n - base);
    for (; found != 0; found &= found - 1) {
      size_t at = base + (size_t)__builtin_ctzll(found);
      if (at < start) continue; // the LF of a line that has ended
      if (bytes[at] != '\r') {
        if (bytes[at] == '\t') continue;
        return kernel_fault_malformed;
      }
      if (at + 1 == n) return kernel_fault_none; // cut between CR and LF
      if (bytes[at + 1] != '\n') return kernel_fault_malformed;
      if (first) {
        first = false;
        if (at == 0) return kernel_fault_malformed;
        request_line(&in, at, head);
      } else if (at == start) {
        head->bytes = (uint32_t)(at + 2);
        return kernel_fault_none;
      } else {
        enum kernel_fault fault = field_line(&in, start, at, head);
        if (fault != kernel_fault_none) return fault;
      }
      start = at + 2;
    }
  }
  return kernel_fault_none;
}

size_t kernel_head_end(const uint8_t *bytes, size_t n, size_t from) {
  for (size_t at = from; at < n; at++) {
    uint8_t byte = bytes[at];
    if ((byte >= 0x20 && byte != 0x7F) || byte == '\t') {
      if (at > 0 && bytes[at - 1] == '\r') return SIZE_MAX;
      continue;
    }
    bool returned = at > 0 && bytes[at - 1] == '\r';
    if (byte == '\n') {
      if (!returned) return SIZE_MAX;
      if (at == 1 || (at >= 3 && bytes[at - 2] == '\n')) return at + 1;
    } else if (byte != '\r' || returned) {
      return SIZE_MAX;
    }
  }
  return 0;
}

bool kernel_head_matches(const uint8_t *bytes, const uint8_t *known, const uint8_t *mask, size_t n) {
#if defined(__SSSE3__)
  __m128i difference = _mm_setzero_si128();
  for (size_t at = 0; at < n; at += 16) {
    __m128i differs = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(bytes + at)),
                                    _mm_load_si128((const __m128i *)(known + at)));
    difference = _mm_or_si128(difference, _mm_and_si128(differs, _mm_load_si128((const __m128i *)(mask + at))));
  }
  return _mm_movemask_epi8(_mm_cmpeq_epi8(difference, _mm_setzero_si128())) == 0xFFFF;
#else
  uint8_t difference = 0;
  for (size_t at = 0; at < n; at++) difference |= (uint8_t)((bytes[at] ^ known[at]) & mask[at]);
  return difference == 0;
#endif
}
