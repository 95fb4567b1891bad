#pragma once
#include <stddef.h>
#include <stdint.h>

// The key schedule of TLS 1.3 as a provider of OpenSSL's: what OpenSSL derives during a handshake is derived here, by
// the same HKDF on hashes that are called directly. A handshake derives some thirty secrets, and OpenSSL 3.0 looks up
// and sets up a MAC, a digest and their contexts for each; and this is where an application can learn the traffic
// secrets without having them printed. Source: provider-kdf(7), RFC 8446 §7.1, RFC 5869.

/// Where the application traffic secrets of the handshake under way go; each has room for 48 bytes.
struct ctls_taken {
  uint8_t *client_secret, *server_secret;
  /// How many bytes they have: 0 until they are known.
  size_t client_bytes, server_bytes;
};

/// The property query that prefers this provider where it has an algorithm.
extern const char *const ctls_preference;

/// Adds the provider to a library context, which one thread at a time uses; `taken` outlives it.
///
/// Returns the provider, to be unloaded, or NULL.
void *ctls_add_provider(void *library, struct ctls_taken *taken);

/// HKDF-Expand-Label: `hash_bytes` is 32 for SHA-256 or 48 for SHA-384, and as many bytes has the secret. 1 if done.
int ctls_expand_label(size_t hash_bytes, const uint8_t *secret, const char *label, uint8_t *out, size_t count);
