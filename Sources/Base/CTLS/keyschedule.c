// The hashes' own functions are called: through EVP each call costs more than the hash does.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CTLS.h"
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>

const char *const ctls_preference = "?provider=ctls";

// MARK: HMAC and HKDF

enum { HASH_MAX = SHA384_DIGEST_LENGTH, BLOCK_MAX = SHA512_CBLOCK };
struct hash {
  union {
    SHA256_CTX small;
    SHA512_CTX large;
  };
  int is_large;
};
struct bytes {
  const uint8_t *start;
  size_t count;
};

static void hash_init(struct hash *hash, size_t hash_bytes) {
  hash->is_large = hash_bytes == SHA384_DIGEST_LENGTH;
  if (hash->is_large)
    SHA384_Init(&hash->large);
  else
    SHA256_Init(&hash->small);
}
static void hash_update(struct hash *hash, struct bytes bytes) {
  if (bytes.count == 0) return;
  if (hash->is_large)
    SHA384_Update(&hash->large, bytes.start, bytes.count);
  else
    SHA256_Update(&hash->small, bytes.start, bytes.count);
}
static void hash_final(struct hash *hash, uint8_t *out) {
  if (hash->is_large)
    SHA384_Final(out, &hash->large);
  else
    SHA256_Final(out, &hash->small);
}

// Source: RFC 2104. The key is no longer than a block.
static void hmac(size_t hash_bytes, struct bytes key, const struct bytes *parts, int count, uint8_t out[HASH_MAX]) {
  size_t block = hash_bytes == SHA384_DIGEST_LENGTH ? SHA512_CBLOCK : SHA256_CBLOCK;
  uint8_t pad[BLOCK_MAX];
  struct hash hash;
  memset(pad, 0x36, block);
  for (size_t i = 0; i < key.count; i++) pad[i] ^= key.start[i];
  hash_init(&hash, hash_bytes);
  hash_update(&hash, (struct bytes){pad, block});
  for (int i = 0; i < count; i++) hash_update(&hash, parts[i]);
  hash_final(&hash, out);
  for (size_t i = 0; i < block; i++) pad[i] ^= 0x36 ^ 0x5c;
  hash_init(&hash, hash_bytes);
  hash_update(&hash, (struct bytes){pad, block});
  hash_update(&hash, (struct bytes){out, hash_bytes});
  hash_final(&hash, out);
  OPENSSL_cleanse(pad, sizeof pad);
  OPENSSL_cleanse(&hash, sizeof hash);
}

// Source: RFC 8446 §7.1: the length, the label with its prefix, the context, each behind its own length.
static int expand(size_t hash_bytes, struct bytes secret, struct bytes prefix, struct bytes label,
                  struct bytes context, uint8_t *out, size_t count) {
  size_t block = hash_bytes == SHA384_DIGEST_LENGTH ? SHA512_CBLOCK : SHA256_CBLOCK;
  if (secret.count > block || prefix.count + label.count > 255 || context.count > 255 || count > 255 * hash_bytes)
    return 0;
  uint8_t last[HASH_MAX], counter = 0;
  const uint8_t head[3] = {(uint8_t)(count >> 8), (uint8_t)count, (uint8_t)(prefix.count + label.count)};
  const uint8_t context_count = (uint8_t)context.count;
  size_t done = 0;
  while (done < count) {
    counter++;
    const struct bytes parts[7] = {{last, done ? hash_bytes : 0}, {head, sizeof head}, prefix, label,
                                   {&context_count, 1}, context, {&counter, 1}};
    hmac(hash_bytes, secret, parts, 7, last);
    size_t piece = count - done < hash_bytes ? count - done : hash_bytes;
    memcpy(out + done, last, piece);
    done += piece;
  }
  OPENSSL_cleanse(last, sizeof last);
  return 1;
}

int ctls_expand_label(size_t hash_bytes, const uint8_t *secret, const char *label, uint8_t *out, size_t count) {
  if (hash_bytes != SHA256_DIGEST_LENGTH && hash_bytes != SHA384_DIGEST_LENGTH) return 0;
  return expand(hash_bytes, (struct bytes){secret, hash_bytes}, (struct bytes){(const uint8_t *)"tls13 ", 6},
                (struct bytes){(const uint8_t *)label, strlen(label)}, (struct bytes){0}, out, count);
}

// MARK: The provider's one algorithm

struct request {
  int mode;
  size_t hash_bytes;
  struct bytes key, salt, prefix, label, data;
  int has_key, has_salt;
};
static int read_request(const OSSL_PARAM *parameters, struct request *request) {
  for (; parameters != NULL && parameters->key != NULL; parameters++) {
    const struct bytes bytes = {parameters->data, parameters->data_size};
    const char *name = parameters->key;
    if (!strcmp(name, OSSL_KDF_PARAM_MODE)) {
      if (!OSSL_PARAM_get_int(parameters, &request->mode)) return 0;
    } else if (!strcmp(name, OSSL_KDF_PARAM_DIGEST)) {
      const char *digest = parameters->data;
      if (!strcasecmp(digest, "SHA256") || !strcasecmp(digest, "SHA2-256")) request->hash_bytes = SHA256_DIGEST_LENGTH;
      if (!strcasecmp(digest, "SHA384") || !strcasecmp(digest, "SHA2-384")) request->hash_bytes = SHA384_DIGEST_LENGTH;
    } else if (!strcmp(name, OSSL_KDF_PARAM_KEY)) {
      request->key = bytes;
      request->has_key = 1;
    } else if (!strcmp(name, OSSL_KDF_PARAM_SALT)) {
      request->salt = bytes;
      request->has_salt = 1;
    } else if (!strcmp(name, OSSL_KDF_PARAM_PREFIX)) {
      request->prefix = bytes;
    } else if (!strcmp(name, OSSL_KDF_PARAM_LABEL)) {
      request->label = bytes;
    } else if (!strcmp(name, OSSL_KDF_PARAM_DATA)) {
      request->data = bytes;
    }
  }
  return request->hash_bytes != 0;
}

// The next secret of the schedule: HKDF-Extract, whose salt is derived from the secret before, if there is one.
static int extract(const struct request *request, uint8_t *out, size_t count) {
  static const uint8_t zeros[HASH_MAX];
  size_t hash_bytes = request->hash_bytes;
  struct bytes salt = {zeros, hash_bytes}, material = {zeros, hash_bytes};
  uint8_t derived[HASH_MAX], digest[HASH_MAX], secret[HASH_MAX];
  if (count != hash_bytes) return 0;
  if (request->has_key) material = request->key;
  if (request->has_salt) {
    struct hash hash;
    hash_init(&hash, hash_bytes);
    hash_final(&hash, digest);
    if (!expand(hash_bytes, request->salt, request->prefix, request->label, (struct bytes){digest, hash_bytes}, derived,
                hash_bytes))
      return 0;
    salt.start = derived;
  }
  hmac(hash_bytes, salt, &material, 1, secret);
  memcpy(out, secret, count);
  OPENSSL_cleanse(derived, sizeof derived);
  OPENSSL_cleanse(secret, sizeof secret);
  return 1;
}

static int is_label(struct bytes label, const char *text) {
  return label.count == strlen(text) && !memcmp(label.start, text, label.count);
}
static void take(struct ctls_taken *taken, struct bytes label, const uint8_t *secret, size_t count) {
  if (count > HASH_MAX) return;
  if (taken->client_secret != NULL && is_label(label, "c ap traffic")) {
    memcpy(taken->client_secret, secret, count);
    taken->client_bytes = count;
  } else if (taken->server_secret != NULL && is_label(label, "s ap traffic")) {
    memcpy(taken->server_secret, secret, count);
    taken->server_bytes = count;
  }
}

// All that a derivation needs comes with it, so that the algorithm's context is the provider's.
static void *kdf_new(void *taken) { return taken; }
static void kdf_free(void *taken) { (void)taken; }
static int kdf_derive(void *taken, uint8_t *out, size_t count, const OSSL_PARAM parameters[]) {
  struct request request = {0};
  if (!read_request(parameters, &request)) return 0;
  if (request.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY) return extract(&request, out, count);
  if (request.mode != EVP_KDF_HKDF_MODE_EXPAND_ONLY || !request.has_key) return 0;
  if (!expand(request.hash_bytes, request.key, request.prefix, request.label, request.data, out, count)) return 0;
  take(taken, request.label, out, count);
  return 1;
}

static const OSSL_DISPATCH kdf_functions[] = {
    {OSSL_FUNC_KDF_NEWCTX, (void (*)(void))kdf_new},
    {OSSL_FUNC_KDF_FREECTX, (void (*)(void))kdf_free},
    {OSSL_FUNC_KDF_DERIVE, (void (*)(void))kdf_derive},
    {0, NULL},
};
static const OSSL_ALGORITHM kdf_algorithms[] = {
    {"TLS13-KDF", "provider=ctls", kdf_functions, "the key schedule of TLS 1.3"},
    {NULL, NULL, NULL, NULL},
};
static const OSSL_ALGORITHM *provider_query(void *taken, int operation, int *is_volatile) {
  (void)taken;
  *is_volatile = 0;
  return operation == OSSL_OP_KDF ? kdf_algorithms : NULL;
}
static const OSSL_DISPATCH provider_functions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))provider_query},
    {0, NULL},
};

// A provider's start has no argument of ours; it happens within the call that loads it.
static _Thread_local struct ctls_taken *loading;
static int provider_start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **functions,
                          void **context) {
  (void)handle;
  (void)core;
  *functions = provider_functions;
  *context = loading;
  return loading != NULL;
}

void *ctls_add_provider(void *library, struct ctls_taken *taken) {
  loading = taken;
  OSSL_PROVIDER *provider = NULL;
  if (OSSL_PROVIDER_add_builtin(library, "ctls", provider_start)) provider = OSSL_PROVIDER_load(library, "ctls");
  loading = NULL;
  return provider;
}
