// What Hyperscan makes of texts: it tells where patterns end, checks no checksum and knows no context, or a bare copy.
// `scan TEXTS PATTERNS what=scan|copy ms=N`
//
// TEXTS holds a text a line, PATTERNS a pattern a line. Rounds over all texts alternate with looks at the clock; the
// quickest and the median are told, for whatever else the machine does only makes rounds slower.
#include <hs/hs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { texts_max = 1 << 20, patterns_max = 256, rounds_max = 1 << 16 };

struct text {
  const char *bytes;
  unsigned count;
};
static struct text texts[texts_max], patterns[patterns_max];
static double rounds[rounds_max];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static size_t read_lines(const char *path, struct text *lines, size_t lines_max) {
  FILE *file = fopen(path, "rb");
  if (!file) return 0;
  fseek(file, 0, SEEK_END);
  size_t bytes = (size_t)ftell(file), count = 0;
  rewind(file);
  char *all = malloc(bytes + 1);
  if (!all || fread(all, 1, bytes, file) != bytes) return 0;
  fclose(file);
  all[bytes] = 0;
  for (char *at = all, *end; at < all + bytes && count < lines_max; at = end + 1) {
    end = memchr(at, '\n', (size_t)(all + bytes - at));
    if (!end) end = all + bytes;
    *end = 0;
    if (end > at && *at != '#') lines[count++] = (struct text){at, (unsigned)(end - at)};
  }
  return count;
}

static int matched(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context) {
  (void)id, (void)from, (void)flags;
  *(uint64_t *)context += to;
  return 0;
}

static int less(const void *left, const void *right) {
  const double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

int main(int count, char **arguments) {
  const char *what = "scan";
  double ms = 1000;
  for (int i = 3; i < count; i++) {
    if (strncmp(arguments[i], "what=", 5) == 0) what = arguments[i] + 5;
    if (strncmp(arguments[i], "ms=", 3) == 0) ms = atof(arguments[i] + 3);
  }
  const bool scans = strcmp(what, "scan") == 0;
  if (count < 3 || (!scans && strcmp(what, "copy") != 0)) {
    fprintf(stderr, "usage: scan TEXTS PATTERNS [what=scan|copy] [ms=N]\n");
    return 2;
  }
  const size_t text_count = read_lines(arguments[1], texts, texts_max);
  const size_t pattern_count = read_lines(arguments[2], patterns, patterns_max);
  if (text_count == 0 || pattern_count == 0) {
    fprintf(stderr, "scan: no texts in %s or no patterns in %s\n", arguments[1], arguments[2]);
    return 1;
  }
  const char *expressions[patterns_max];
  unsigned flags[patterns_max], ids[patterns_max];
  for (unsigned i = 0; i < pattern_count; i++) {
    expressions[i] = patterns[i].bytes;
    flags[i] = HS_FLAG_CASELESS;
    ids[i] = i;
  }
  hs_database_t *database = NULL;
  hs_compile_error_t *error = NULL;
  if (hs_compile_multi(expressions, flags, ids, (unsigned)pattern_count, HS_MODE_BLOCK, NULL, &database, &error) !=
      HS_SUCCESS) {
    fprintf(stderr, "scan: pattern %d: %s\n", error->expression, error->message);
    return 1;
  }
  hs_scratch_t *scratch = NULL;
  if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) return 1;
  static char copy[1 << 20];
  uint64_t ends = 0, bytes = 0;
  for (size_t i = 0; i < text_count; i++) bytes += texts[i].count;
  size_t round_count = 0;
  for (const double end = now() + ms / 1000; now() < end && round_count < rounds_max;) {
    const double start = now();
    for (size_t i = 0; i < text_count; i++) {
      if (scans) {
        hs_scan(database, texts[i].bytes, texts[i].count, 0, scratch, matched, &ends);
      } else {
        memcpy(copy, texts[i].bytes, texts[i].count);
        __asm__ volatile("" : : "r"(copy) : "memory");
      }
    }
    rounds[round_count++] = (now() - start) * 1e9 / (double)text_count;
  }
  qsort(rounds, round_count, sizeof *rounds, less);
  printf("{\"texts\": %zu, \"bytes_per_text\": %.1f, \"patterns\": %zu, \"ends\": %llu, \"min_ns\": %.1f, "
         "\"median_ns\": %.1f}\n",
         text_count, (double)bytes / (double)text_count, pattern_count, (unsigned long long)(ends / round_count),
         rounds[0], rounds[round_count / 2]);
  return 0;
}
