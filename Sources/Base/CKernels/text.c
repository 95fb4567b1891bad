// The first pass over a text that may hold personal data: which bytes are digits, letters or asked for. 64 bytes at a
// time become masks, one bit a byte.
#include "CKernels.h"
#include <string.h>

/// Blocks are classified and written down in one loop.
#define INLINE static inline __attribute__((always_inline))

typedef void (*mark_function)(const uint8_t *bytes, size_t n, const struct kernel_text_set *wanted,
                              struct kernel_text_block *blocks);

/// Moves all bits of a block up, or down.
INLINE struct kernel_text_block up(struct kernel_text_block block, int count) {
  return (struct kernel_text_block){block.tokens << count, block.digits << count, block.hex << count,
                                    block.high << count, block.wanted << count};
}
INLINE struct kernel_text_block down(struct kernel_text_block block, int count) {
  return (struct kernel_text_block){block.tokens >> count, block.digits >> count, block.hex >> count,
                                    block.high >> count, block.wanted >> count};
}
INLINE struct kernel_text_block both(struct kernel_text_block left, struct kernel_text_block right) {
  return (struct kernel_text_block){left.tokens | right.tokens, left.digits | right.digits, left.hex | right.hex,
                                    left.high | right.high, left.wanted | right.wanted};
}

/// Less than 16 bytes of a text, with zeros behind them.
struct few {
  uint64_t low, high;
};
INLINE struct few few_bytes(const uint8_t *bytes, size_t n) {
  struct few few = {0, 0};
  if (n >= 8) {
    memcpy(&few.low, bytes, 8);
    if (n == 8) return few;
    memcpy(&few.high, bytes + n - 8, 8);
    few.high >>= 8 * (16 - n);
  } else if (n >= 4) {
    uint32_t first, last;
    memcpy(&first, bytes, 4);
    memcpy(&last, bytes + n - 4, 4);
    few.low = first | (uint64_t)last << 8 * (n - 4);
  } else if (n > 0) {
    few.low = bytes[0] | (uint64_t)bytes[n / 2] << 8 * (n / 2) | (uint64_t)bytes[n - 1] << 8 * (n - 1);
  }
  return few;
}

/// The pass, for one way to classify 64 bytes and one for what is left, which are less.
#define MARK(NAME, ATTRIBUTES, CLASSIFY, CLASSIFY_REST)                                                                \
  ATTRIBUTES static void NAME(const uint8_t *bytes, size_t n, const struct kernel_text_set *wanted,                    \
                              struct kernel_text_block *blocks) {                                                      \
    size_t at = 0;                                                                                                     \
    for (; at + 64 <= n; at += 64) *blocks++ = CLASSIFY(bytes + at, wanted);                                           \
    const size_t rest = n - at;                                                                                        \
    if (rest == 0) return;                                                                                             \
    /* Together with bytes before it, whose bits are moved out. */                                                     \
    *blocks = n >= 64 ? down(CLASSIFY(bytes + n - 64, wanted), (int)(64 - rest)) : CLASSIFY_REST(bytes, n, wanted);    \
  }

INLINE struct kernel_text_block classify_some(const uint8_t *bytes, const struct kernel_text_set *wanted, int count) {
  struct kernel_text_block block = {0, 0, 0, 0, 0};
  for (int i = 0; i < count; i++) {
    const uint8_t byte = bytes[i], folded = byte | 0x20;
    const uint64_t bit = UINT64_C(1) << i;
    const bool is_digit = byte >= '0' && byte <= '9', is_high = byte >= 0x80;
    if (is_digit) block.digits |= bit;
    if (is_digit || (folded >= 'a' && folded <= 'f')) block.hex |= bit;
    if (is_digit || is_high || (folded >= 'a' && folded <= 'z')) block.tokens |= bit;
    if (is_high) block.high |= bit;
    const uint64_t rows = byte & 8 ? wanted->last_rows : wanted->first_rows;
    if (!is_high && (rows >> (8 * (byte & 7) + (byte >> 4)) & 1)) block.wanted |= bit;
  }
  return block;
}
INLINE struct kernel_text_block classify_portable(const uint8_t *bytes, const struct kernel_text_set *wanted) {
  return classify_some(bytes, wanted, 64);
}
INLINE struct kernel_text_block classify_portable_rest(const uint8_t *bytes, size_t n,
                                                       const struct kernel_text_set *wanted) {
  return classify_some(bytes, wanted, (int)n);
}
MARK(mark_portable, , classify_portable, classify_portable_rest)

#if defined(__x86_64__)
#include <immintrin.h>

#define QUARTERS __attribute__((target("ssse3")))
#define HALVES __attribute__((target("avx2,bmi,bmi2")))
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2")))

// A byte's kinds are those that both of its halves allow: 1 for digits, 2 for A to F, 4 for A to O, 8 for P to Z. The
// last table holds the bit of each half for the set that is asked for.
#define LOW_KINDS 9, 15, 15, 15, 15, 15, 15, 13, 13, 13, 12, 4, 4, 4, 4, 4
#define HIGH_KINDS 0, 0, 0, 1, 6, 8, 6, 8, 0, 0, 0, 0, 0, 0, 0, 0
#define HIGH_BITS 1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0

QUARTERS INLINE void classify_quarter(__m128i all, __m128i rows, int shift, struct kernel_text_block *block) {
  const __m128i nibble = _mm_set1_epi8(0x0F), zero = _mm_setzero_si128();
  const __m128i low = _mm_and_si128(all, nibble), high = _mm_and_si128(_mm_srli_epi16(all, 4), nibble);
  const __m128i kinds = _mm_and_si128(_mm_shuffle_epi8(_mm_setr_epi8(LOW_KINDS), low),
                                      _mm_shuffle_epi8(_mm_setr_epi8(HIGH_KINDS), high));
  const __m128i asked = _mm_and_si128(_mm_shuffle_epi8(rows, low), _mm_shuffle_epi8(_mm_setr_epi8(HIGH_BITS), high));
  const __m128i hex = _mm_and_si128(kinds, _mm_set1_epi8(3));
  const uint32_t high_bits = (uint32_t)_mm_movemask_epi8(all);
  const uint32_t no_token = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(kinds, zero));
  const uint32_t no_hex = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(hex, zero));
  const uint32_t not_wanted = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(asked, zero));
  block->tokens |= (uint64_t)((~no_token & 0xFFFF) | high_bits) << shift;
  block->digits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_slli_epi16(kinds, 7)) << shift;
  block->hex |= (uint64_t)(~no_hex & 0xFFFF) << shift;
  block->high |= (uint64_t)high_bits << shift;
  block->wanted |= (uint64_t)(~not_wanted & 0xFFFF) << shift;
}
QUARTERS INLINE struct kernel_text_block classify_quarters(const uint8_t *bytes, const struct kernel_text_set *wanted) {
  const __m128i rows = _mm_loadu_si128((const __m128i *)wanted);
  struct kernel_text_block block = {0, 0, 0, 0, 0};
  for (int shift = 0; shift < 64; shift += 16)
    classify_quarter(_mm_loadu_si128((const __m128i *)(bytes + shift)), rows, shift, &block);
  return block;
}
QUARTERS INLINE struct kernel_text_block classify16(const uint8_t *bytes, const struct kernel_text_set *wanted) {
  struct kernel_text_block block = {0, 0, 0, 0, 0};
  classify_quarter(_mm_loadu_si128((const __m128i *)bytes), _mm_loadu_si128((const __m128i *)wanted), 0, &block);
  return block;
}
/// Less than 32 bytes: two times 16 that may overlap, or two words.
QUARTERS INLINE struct kernel_text_block classify_short(const uint8_t *bytes, size_t n,
                                                        const struct kernel_text_set *wanted) {
  if (n >= 16) return both(classify16(bytes, wanted), up(classify16(bytes + n - 16, wanted), (int)n - 16));
  const struct few few = few_bytes(bytes, n);
  const __m128i all = _mm_set_epi64x((long long)few.high, (long long)few.low);
  struct kernel_text_block block = {0, 0, 0, 0, 0};
  classify_quarter(all, _mm_loadu_si128((const __m128i *)wanted), 0, &block);
  block.wanted &= (UINT64_C(1) << n) - 1;
  return block;
}
QUARTERS INLINE struct kernel_text_block classify_quarters_rest(const uint8_t *bytes, size_t n,
                                                                const struct kernel_text_set *wanted) {
  if (n < 32) return classify_short(bytes, n, wanted);
  const struct kernel_text_block first = both(classify16(bytes, wanted), up(classify16(bytes + 16, wanted), 16));
  const struct kernel_text_block last = up(classify16(bytes + n - 16, wanted), (int)n - 16);
  return n <= 48 ? both(first, last) : both(both(first, up(classify16(bytes + 32, wanted), 32)), last);
}
MARK(mark_quarters, QUARTERS, classify_quarters, classify_quarters_rest)

HALVES INLINE void classify_half(const uint8_t *bytes, __m256i rows, int shift, struct kernel_text_block *block) {
  const __m256i nibble = _mm256_set1_epi8(0x0F), zero = _mm256_setzero_si256();
  const __m256i all = _mm256_loadu_si256((const __m256i *)bytes);
  const __m256i low = _mm256_and_si256(all, nibble), high = _mm256_and_si256(_mm256_srli_epi16(all, 4), nibble);
  const __m256i kinds = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_setr_epi8(LOW_KINDS, LOW_KINDS), low),
                                         _mm256_shuffle_epi8(_mm256_setr_epi8(HIGH_KINDS, HIGH_KINDS), high));
  const __m256i asked = _mm256_and_si256(_mm256_shuffle_epi8(rows, low),
                                         _mm256_shuffle_epi8(_mm256_setr_epi8(HIGH_BITS, HIGH_BITS), high));
  const __m256i hex = _mm256_and_si256(kinds, _mm256_set1_epi8(3));
  const uint32_t high_bits = (uint32_t)_mm256_movemask_epi8(all);
  const uint32_t no_token = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(kinds, zero));
  const uint32_t no_hex = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(hex, zero));
  const uint32_t not_wanted = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(asked, zero));
  block->tokens |= (uint64_t)(~no_token | high_bits) << shift;
  block->digits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(kinds, 7)) << shift;
  block->hex |= (uint64_t)~no_hex << shift;
  block->high |= (uint64_t)high_bits << shift;
  block->wanted |= (uint64_t)~not_wanted << shift;
}
HALVES INLINE struct kernel_text_block classify_halves(const uint8_t *bytes, const struct kernel_text_set *wanted) {
  const __m256i rows = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)wanted));
  struct kernel_text_block block = {0, 0, 0, 0, 0};
  classify_half(bytes, rows, 0, &block);
  classify_half(bytes + 32, rows, 32, &block);
  return block;
}
HALVES INLINE struct kernel_text_block classify_halves_rest(const uint8_t *bytes, size_t n,
                                                            const struct kernel_text_set *wanted) {
  if (n < 32) return classify_short(bytes, n, wanted);
  const __m256i rows = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)wanted));
  struct kernel_text_block first = {0, 0, 0, 0, 0}, last = {0, 0, 0, 0, 0};
  classify_half(bytes, rows, 0, &first);
  classify_half(bytes + n - 32, rows, 0, &last);
  return both(first, up(last, (int)n - 32));
}
MARK(mark_halves, HALVES, classify_halves, classify_halves_rest)

WIDE INLINE struct kernel_text_block classify_wide(const uint8_t *bytes, const struct kernel_text_set *wanted) {
  const __m512i nibble = _mm512_set1_epi8(0x0F), all = _mm512_loadu_si512(bytes);
  const __m512i low = _mm512_and_si512(all, nibble), high = _mm512_and_si512(_mm512_srli_epi16(all, 4), nibble);
  const __m512i low_kinds = _mm512_broadcast_i32x4(_mm_setr_epi8(LOW_KINDS));
  const __m512i high_kinds = _mm512_broadcast_i32x4(_mm_setr_epi8(HIGH_KINDS));
  const __m512i high_bits = _mm512_broadcast_i32x4(_mm_setr_epi8(HIGH_BITS));
  const __m512i rows = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)wanted));
  const __m512i kinds = _mm512_and_si512(_mm512_shuffle_epi8(low_kinds, low), _mm512_shuffle_epi8(high_kinds, high));
  struct kernel_text_block block;
  block.high = _mm512_movepi8_mask(all);
  block.tokens = _mm512_test_epi8_mask(kinds, kinds) | block.high;
  block.digits = _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(1));
  block.hex = _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(3));
  block.wanted = _mm512_test_epi8_mask(_mm512_shuffle_epi8(rows, low), _mm512_shuffle_epi8(high_bits, high));
  return block;
}
MARK(mark_wide, WIDE, classify_wide, classify_halves_rest)

bool kernel_text_has(enum kernel_text_kind kind) {
  switch (kind) {
  case KERNEL_TEXT_PORTABLE: return true;
  case KERNEL_TEXT_QUARTERS: return __builtin_cpu_supports("ssse3");
  case KERNEL_TEXT_HALVES: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  case KERNEL_TEXT_WIDE:
    return kernel_text_has(KERNEL_TEXT_HALVES) && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
  default: return false;
  }
}
static const mark_function ways[KERNEL_TEXT_KINDS] = {mark_portable, mark_quarters, mark_halves, mark_wide};
#else
bool kernel_text_has(enum kernel_text_kind kind) { return kind == KERNEL_TEXT_PORTABLE; }
static const mark_function ways[KERNEL_TEXT_KINDS] = {mark_portable, mark_portable, mark_portable, mark_portable};
#endif

static mark_function best = mark_portable;
static bool has_fast_bits;

__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
  has_fast_bits = __builtin_cpu_supports("bmi2");
#endif
  for (int kind = 0; kind < KERNEL_TEXT_KINDS; kind++)
    if (kernel_text_has((enum kernel_text_kind)kind)) best = ways[kind];
}

void kernel_text_mark(const uint8_t *bytes, size_t n, const struct kernel_text_set *wanted,
                      struct kernel_text_block *blocks) {
  best(bytes, n, wanted, blocks);
}
void kernel_text_mark_by(enum kernel_text_kind kind, const uint8_t *bytes, size_t n,
                         const struct kernel_text_set *wanted, struct kernel_text_block *blocks) {
  (kernel_text_has(kind) ? ways[kind] : best)(bytes, n, wanted, blocks);
}

/// How many bits are ones from a place on, and where they end, across blocks.
static struct kernel_text_stop long_token(const struct kernel_text_block *blocks, size_t n, size_t start) {
  struct kernel_text_stop stop = {0, (uint32_t)start, (uint32_t)start, 0, kernel_text_letters};
  uint64_t high = 0;
  size_t at = start;
  while (at < n) {
    const struct kernel_text_block *block = blocks + (at >> 6);
    const unsigned bit = at & 63;
    const uint64_t without = ~(block->tokens >> bit);
    const unsigned left = 64 - bit, run = without == 0 ? 64 : (unsigned)__builtin_ctzll(without);
    const unsigned count = run < left ? run : left;
    const uint64_t part = count == 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1;
    stop.digits += (uint32_t)__builtin_popcountll(block->digits >> bit & part);
    high |= block->high >> bit & part;
    at += count;
    if (count < left) break;
  }
  stop.end = (uint32_t)at;
  stop.kind = high ? kernel_text_wide : kernel_text_mixed;
  return stop;
}

/// The token that starts at a place.
INLINE struct kernel_text_stop token(const struct kernel_text_block *blocks, size_t n, size_t start) {
  const struct kernel_text_block *block = blocks + (start >> 6);
  const unsigned bit = start & 63;
  struct kernel_text_stop stop;
  // Behind the block's end zeros come in: a run that reaches it may go on in the next one.
  const unsigned run = (unsigned)__builtin_ctzll(~(block->tokens >> bit) | UINT64_C(1) << 63);
  if (__builtin_expect(bit + run >= 63, 0)) {
    stop = long_token(blocks, n, start);
  } else {
    const uint64_t part = (UINT64_C(1) << run) - 1;
    const bool is_wide = (block->high >> bit & part) != 0;
    stop = (struct kernel_text_stop){0, (uint32_t)start, (uint32_t)start + run,
                                     (uint32_t)__builtin_popcountll(block->digits >> bit & part),
                                     is_wide ? kernel_text_wide : kernel_text_mixed};
  }
  if (stop.digits == 0) stop.kind = kernel_text_letters;
  else if (stop.digits == stop.end - stop.start) stop.kind = kernel_text_digits;
  return stop;
}

/// How many digits there are from a place on, with one other byte between two of them at the most, within 64 bytes.
INLINE unsigned grouped_digits(const struct kernel_text_block *blocks, size_t at) {
  const struct kernel_text_block *block = blocks + (at >> 6);
  const unsigned bit = at & 63;
  const uint64_t digits = block[0].digits >> bit | (block[1].digits << 1) << (63 - bit);
  const uint64_t tokens = block[0].tokens >> bit | (block[1].tokens << 1) << (63 - bit);
  const uint64_t others = ~(digits | (~tokens & digits << 1 & digits >> 1));
  const unsigned count = others == 0 ? 64 : (unsigned)__builtin_ctzll(others);
  return (unsigned)__builtin_popcountll(count == 64 ? digits : digits & ((UINT64_C(1) << count) - 1));
}

INLINE struct kernel_text_progress find_stops(const uint8_t *bytes, size_t n, const struct kernel_text_block *blocks,
                                              size_t block, struct kernel_text_questions questions, uint64_t who,
                                              struct kernel_text_stop *stops, size_t capacity) {
  struct kernel_text_stop *next = stops;
  uint64_t high = 0, carry = block > 0 ? blocks[block - 1].tokens >> 63 : 0;
  for (; block * 64 < n && (size_t)(next - stops) + 64 <= capacity; block++) {
    const struct kernel_text_block here = blocks[block];
    const uint64_t starts = here.tokens & ~(here.tokens << 1 | carry);
    carry = here.tokens >> 63;
    high |= here.high;
    for (uint64_t bits = starts | here.wanted; bits != 0; bits &= bits - 1) {
      const unsigned bit = (unsigned)__builtin_ctzll(bits);
      const size_t at = block * 64 + bit;
      if ((starts >> bit & 1) == 0) {
        *next++ = (struct kernel_text_stop){questions.columns[bytes[at]].alone & who, (uint32_t)at, (uint32_t)at, 0,
                                            kernel_text_letters};
        continue;
      }
      struct kernel_text_stop stop = token(blocks, n, at);
      const uint32_t count = stop.end - stop.start;
      const struct kernel_text_row *row = questions.rows + 64 * stop.kind + (count < 63 ? count : 63);
      stop.asked = row->asked & who;
      if (stop.asked == 0) continue;
      stop.asked &= row->any_start | questions.columns[bytes[at]].start;
      stop.asked &= row->any_before | questions.columns[at > 0 ? bytes[at - 1] : 0].before;
      stop.asked &= row->any_behind | questions.columns[stop.end < n ? bytes[stop.end] : 0].behind;
      if (stop.kind == kernel_text_digits) {
        const uint64_t groups = stop.asked & questions.groups[count < 63 ? count : 63];
        if (groups != 0) {
          const unsigned total = grouped_digits(blocks, at);
          stop.asked &= ~groups | questions.totals[total < 63 ? total : 63];
        }
      }
      *next = stop;
      next += stop.asked != 0;
    }
  }
  return (struct kernel_text_progress){block, (size_t)(next - stops), high != 0};
}

#if defined(__x86_64__)
/// With instructions that move and count bits wherever they are.
__attribute__((target("bmi,bmi2,popcnt"))) static struct kernel_text_progress
find_stops_fast(const uint8_t *bytes, size_t n, const struct kernel_text_block *blocks, size_t block,
                struct kernel_text_questions questions, uint64_t who, struct kernel_text_stop *stops, size_t capacity) {
  return find_stops(bytes, n, blocks, block, questions, who, stops, capacity);
}
#endif
struct kernel_text_progress kernel_text_stops(const uint8_t *bytes, size_t n, const struct kernel_text_block *blocks,
                                              size_t block, struct kernel_text_questions questions, uint64_t who,
                                              struct kernel_text_stop *stops, size_t capacity) {
  // A word alone is what most values are.
  if (n < 63 && n > 0 && blocks->tokens == (UINT64_C(1) << n) - 1 && (blocks->digits | blocks->high) == 0) {
    const struct kernel_text_row *row = questions.rows + n;
    const struct kernel_text_column *none = questions.columns;
    if ((row->asked & who & (row->any_start | questions.columns[bytes[0]].start) & (row->any_before | none->before) &
         (row->any_behind | none->behind)) == 0)
      return (struct kernel_text_progress){1, 0, false};
  }
#if defined(__x86_64__)
  if (has_fast_bits) return find_stops_fast(bytes, n, blocks, block, questions, who, stops, capacity);
#endif
  return find_stops(bytes, n, blocks, block, questions, who, stops, capacity);
}
