#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Header fields of a request that mean something here. Source: RFC 9110 §5.1 (names are case-insensitive).
enum kernel_name : uint8_t {
  kernel_name_other = 0,
  kernel_name_host,
  kernel_name_expect,
  kernel_name_prefer,
  kernel_name_connection,
  kernel_name_sluice_key,
  kernel_name_traceparent,
  kernel_name_content_type,
  kernel_name_authorization,
  kernel_name_content_length,
  kernel_name_sluice_event_id,
  kernel_name_content_encoding,
  kernel_name_transfer_encoding,
  kernel_name_sluice_schema_version,
  /// Any that starts with `ce-`. Source: HTTP Protocol Binding for CloudEvents 1.0.2 §3.1.3.
  kernel_name_cloudevent,
};

/// Where the value of such a field stands, without the blanks around it.
struct kernel_field {
  /// Where its name starts; that ends with the colon.
  uint32_t name_start;
  uint32_t start;
  uint32_t end;
  enum kernel_name name;
  /// Of a Host field: whether it is a name and maybe a port, without anything that needs a closer look.
  bool is_plain;
};

/// What a head is made of.
struct kernel_head {
  /// How many bytes it has, the empty line included; 0 while that has not arrived.
  uint32_t bytes;
  /// Where the first line's CR is, or 0.
  uint32_t line_end;
  /// How many fields there are.
  uint32_t fields;
  /// How many of them are in the table.
  uint32_t known;
  /// Where the first line's leading token ends, and the visible characters from one byte behind it on.
  uint32_t method_end;
  uint32_t target_end;
};

/// How the scan of a head went.
enum kernel_fault : uint8_t {
  kernel_fault_none = 0,
  /// A control byte, a CR or LF alone, a folded line, or a name that is none. Source: RFC 9112 §2.2, §5.
  kernel_fault_malformed,
  /// More fields than asked for, or more known ones than the table holds.
  kernel_fault_crowded,
};

/// Sets of bytes.
enum kernel_set : uint8_t {
  /// Characters of a token. Source: RFC 9110 §5.6.2.
  kernel_set_token = 0,
  /// Everything that is seen in ASCII: 0x21 to 0x7E.
  kernel_set_visible = 1,
  /// Characters of a registered name or an IPv4 address. Source: RFC 3986 §3.2.2.
  kernel_set_host = 2,
  /// What is seen, without `/`, `?` and `#`: a segment of a path.
  kernel_set_segment = 3,
};

/// Splits a head into lines and checks every byte of it, in one pass.
///
/// `has_line` says whether a request line comes first (a chunked body's trailers have none). At most `n` bytes are
/// read, all fields are counted, and the known ones are put into `table` in the order in which they stand.
enum kernel_fault kernel_head_scan(const uint8_t *bytes, size_t n, bool has_line, size_t fields_max,
                                   struct kernel_field *table, size_t table_count, struct kernel_head *head);

/// Looks for the end of a head at or after `from`, given that it does not end before. Returns how many bytes the head
/// has, 0 when its end is not there, SIZE_MAX when a byte says that it is no head at all.
size_t kernel_head_end(const uint8_t *bytes, size_t n, size_t from);

/// How many of the first bytes are in a set.
size_t kernel_leading(const uint8_t *bytes, size_t n, enum kernel_set set);

/// Whether `n` bytes are those of `known` wherever `mask` has ones. `n` and the addresses of `known` and `mask` are
/// multiples of 16. Looks at all bytes in any case, so the time it takes tells nothing of a secret among them.
bool kernel_head_matches(const uint8_t *bytes, const uint8_t *known, const uint8_t *mask, size_t n);

/// Whether `n` bytes are `text`.
static inline bool kernel_exact(const uint8_t *bytes, const char *text, size_t n) {
  uint64_t difference = 0;
  if (n >= 8) {
    for (size_t at = 0;; at += 8) {
      if (at + 8 > n) at = n - 8;
      uint64_t left, right;
      memcpy(&left, bytes + at, 8);
      memcpy(&right, text + at, 8);
      difference |= left ^ right;
      if (at + 8 == n) break;
    }
  } else {
    for (size_t at = 0; at < n; at++) difference |= (uint8_t)(bytes[at] ^ (uint8_t)text[at]);
  }
  return difference == 0;
}

/// Whether `n` bytes are `lower` (letters, digits, `-`, `+`, `/`, `=` only; letters in lower case), in any case, given
/// that no control byte is among them. Setting bit 5 folds letters and maps nothing else that is printed onto those.
static inline bool kernel_same(const uint8_t *bytes, const char *lower, size_t n) {
  uint64_t difference = 0;
  if (n >= 8) {
    for (size_t at = 0;; at += 8) {
      if (at + 8 > n) at = n - 8;
      uint64_t left, right;
      memcpy(&left, bytes + at, 8);
      memcpy(&right, lower + at, 8);
      difference |= (left | 0x2020202020202020) ^ right;
      if (at + 8 == n) break;
    }
  } else {
    for (size_t at = 0; at < n; at++) difference |= (uint8_t)((bytes[at] | 0x20) ^ (uint8_t)lower[at]);
  }
  return difference == 0;
}
