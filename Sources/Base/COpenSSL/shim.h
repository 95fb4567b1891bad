#pragma once
#include <malloc.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/modes.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// What is a macro in OpenSSL does not reach Swift; each gets its own name back as a function or a constant.
// Source: openssl/ssl.h, openssl/bio.h, openssl/x509.h of 3.0.

// --- contexts
static inline int tls_context_set_versions(SSL_CTX *context, int lowest, int highest) {
  return SSL_CTX_set_min_proto_version(context, lowest) == 1 && SSL_CTX_set_max_proto_version(context, highest) == 1;
}
static inline int tls_context_set_groups(SSL_CTX *context, const char *names) {
  return (int)SSL_CTX_set1_groups_list(context, names);
}
static inline void tls_context_disable_session_cache(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}
/// A client hands its sessions to a callback and keeps none.
static inline void tls_context_hand_out_sessions(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
}
/// A chain is sent as it was given, instead of being searched for in each handshake.
static inline void tls_context_set_modes(SSL_CTX *context) {
  SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}
static inline void tls_context_set_certificates_bytes_max(SSL_CTX *context, long bytes) {
  SSL_CTX_set_max_cert_list(context, bytes);
}
/// Shares the store; the context takes a reference of its own.
static inline int tls_context_share_store(SSL_CTX *context, X509_STORE *store) {
  return (int)SSL_CTX_set1_verify_cert_store(context, store);
}
static inline int tls_context_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add1_chain_cert(context, certificate);
}
static inline void tls_context_set_server_name_callback(SSL_CTX *context, int (*callback)(SSL *, int *, void *)) {
  SSL_CTX_set_tlsext_servername_callback(context, callback);
}
static inline void tls_context_set_status_callback(SSL_CTX *context, int (*callback)(SSL *, void *)) {
  SSL_CTX_set_tlsext_status_cb(context, callback);
}
static const uint64_t tls_option_no_compression = SSL_OP_NO_COMPRESSION;
static const uint64_t tls_option_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t tls_option_server_preference = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t tls_option_prioritize_chacha = SSL_OP_PRIORITIZE_CHACHA;
static const uint64_t tls_option_psk_without_dhe = SSL_OP_ALLOW_NO_DHE_KEX;
static const uint64_t tls_option_no_ticket = SSL_OP_NO_TICKET;
/// Its buffers are on the heap: what it has opened is wiped as soon as it is handed over.
static const uint64_t tls_option_cleanse_plaintext = SSL_OP_CLEANSE_PLAINTEXT;

// --- connections
/// Gives its buffers of 16 KiB back between records.
static inline void tls_release_buffers(SSL *ssl) { SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS); }
static inline void tls_set_call(SSL *ssl, void *call) { SSL_set_ex_data(ssl, 0, call); }
static inline void *tls_call(const SSL *ssl) { return SSL_get_ex_data(ssl, 0); }
static inline int tls_set_server_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }
/// OpenSSL frees the response.
static inline void tls_staple(SSL *ssl, void *response, long count) {
  SSL_set_tlsext_status_ocsp_resp(ssl, response, count);
}
/// The group of this handshake's key exchange, 0 without one: a NID, or 0x1000000 and the group's number where OpenSSL
/// has no NID. Of a session that resumed without one, OpenSSL would tell the group of the handshake behind it.
static inline int tls_group(SSL *ssl) {
  EVP_PKEY *key = NULL;
  int is_tls13 = SSL_version(ssl) == TLS1_3_VERSION;
  if (is_tls13 && !SSL_get_peer_tmp_key(ssl, &key)) return 0;
  EVP_PKEY_free(key);
  return (int)SSL_get_negotiated_group(ssl);
}
/// 0 when the client asked for no limit, else the largest plaintext of a record is 256 << code bytes.
static inline int tls_fragment_limit_code(SSL *ssl) {
  SSL_SESSION *session = SSL_get_session(ssl);
  return session == NULL ? 0 : SSL_SESSION_get_max_fragment_length(session);
}

// --- byte streams
static const int tls_wire_type = BIO_TYPE_SOURCE_SINK;
static inline void tls_wire_wants_input(BIO *bio) {
  BIO_clear_retry_flags(bio);
  BIO_set_retry_read(bio);
}
static inline void tls_wire_wants_room(BIO *bio) {
  BIO_clear_retry_flags(bio);
  BIO_set_retry_write(bio);
}
static inline void tls_wire_clear(BIO *bio) { BIO_clear_retry_flags(bio); }

// --- ciphers
/// Opens in place; 1 when the tag is right.
static inline int tls_aead_open(EVP_CIPHER_CTX *context, const uint8_t nonce[12], const uint8_t *header,
                                uint8_t *bytes, int count, uint8_t *tag) {
  int done = 0;
  return EVP_DecryptInit_ex(context, NULL, NULL, NULL, nonce) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
         EVP_DecryptUpdate(context, NULL, &done, header, 5) == 1 &&
         EVP_DecryptUpdate(context, bytes, &done, bytes, count) == 1 &&
         EVP_DecryptFinal_ex(context, bytes + done, &done) == 1;
}
/// Seals in place and writes the tag behind; 1 unless the library fails.
static inline int tls_aead_seal(EVP_CIPHER_CTX *context, const uint8_t nonce[12], const uint8_t *header,
                                uint8_t *bytes, int count) {
  int done = 0, last = 0;
  return EVP_EncryptInit_ex(context, NULL, NULL, NULL, nonce) == 1 &&
         EVP_EncryptUpdate(context, NULL, &done, header, 5) == 1 &&
         EVP_EncryptUpdate(context, bytes, &done, bytes, count) == 1 &&
         EVP_EncryptFinal_ex(context, bytes + done, &last) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, bytes + count) == 1;
}

/// Sets an HMAC-SHA-256's key; 1 when the library has both.
static inline int tls_mac_set(EVP_MAC_CTX *mac, const uint8_t *key, size_t count) {
  OSSL_PARAM parameters[3] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
                              OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, count),
                              OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters);
}

// --- memory
static inline void *tls_allocate(size_t bytes) { return OPENSSL_zalloc(bytes); }
static inline void *tls_duplicate(const void *bytes, size_t count) { return OPENSSL_memdup(bytes, count); }
static inline void tls_free(void *memory) { OPENSSL_free(memory); }
/// Wipes it first.
static inline void tls_free_secret(void *memory, size_t bytes) { OPENSSL_clear_free(memory, bytes); }
/// Bytes of the heap in use, for figures: glibc's modules do not bring it to Swift.
static inline size_t tls_heap_bytes(void) { return mallinfo2().uordblks; }

// --- certificates
/// RFC 2253, without escapes for what is not ASCII.
static const unsigned long tls_name_format = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;

// --- what a client can be told
static inline int tls_set_signatures(SSL *ssl, const char *names) { return (int)SSL_set1_sigalgs_list(ssl, names); }
static inline void tls_ask_for_status(SSL *ssl) { SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp); }
static inline long tls_stapled(SSL *ssl, const uint8_t **response) {
  return SSL_get_tlsext_status_ocsp_resp(ssl, response);
}

// --- keyed hashes
/// What an HMAC-SHA-256 makes of its key, once: the states behind the inner and the outer block. As secret as the key.
typedef struct {
  uint32_t inner[8], outer[8];
} hmac_states;

// libcrypto's own context sets its key anew for each message, which costs more than the hash of a short one; single
// blocks of SHA-256 are to be had only from functions that 3.0 calls deprecated.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
/// Source: RFC 2104.
static inline void hmac_set(hmac_states *states, const uint8_t *key, size_t count) {
  uint8_t block[64] = {0};
  SHA256_CTX context;
  if (count > 64) {
    SHA256(key, count, block);
  } else if (count > 0) {
    memcpy(block, key, count);
  }
  for (int index = 0; index < 64; index++) block[index] ^= 0x36;
  SHA256_Init(&context);
  SHA256_Transform(&context, block);
  memcpy(states->inner, context.h, 32);
  for (int index = 0; index < 64; index++) block[index] ^= 0x36 ^ 0x5C;
  SHA256_Init(&context);
  SHA256_Transform(&context, block);
  memcpy(states->outer, context.h, 32);
  OPENSSL_cleanse(block, sizeof block);
  OPENSSL_cleanse(&context, sizeof context);
}
static inline void hmac_store(uint8_t *target, const SHA_LONG state[8]) {
  for (int index = 0; index < 8; index++) {
    uint32_t word = __builtin_bswap32(state[index]);
    memcpy(target + 4 * index, &word, 4);
  }
}
/// The keyed hash of some bytes, behind which 72 more are free: that is where they are padded.
///
/// Source: RFC 2104, FIPS 180-4 §5.1.1.
static inline void hmac_tag(const hmac_states *states, uint8_t *bytes, size_t count, uint8_t tag[32]) {
  SHA256_CTX context;
  uint8_t block[64];
  size_t padded = (count + 9 + 63) & ~(size_t)63;
  uint64_t bits = __builtin_bswap64((64 + (uint64_t)count) * 8);
  bytes[count] = 0x80;
  memset(bytes + count + 1, 0, padded - 8 - count - 1);
  memcpy(bytes + padded - 8, &bits, 8);
  memcpy(context.h, states->inner, 32);
  for (size_t place = 0; place < padded; place += 64) SHA256_Transform(&context, bytes + place);
  hmac_store(block, context.h);
  memset(block + 32, 0, 32);
  block[32] = 0x80;
  block[62] = 0x03;  // 64 bytes of the outer block and 32 of the digest: 768 bits
  memcpy(context.h, states->outer, 32);
  SHA256_Transform(&context, block);
  hmac_store(tag, context.h);
}
#pragma clang diagnostic pop

// --- sealed values
/// A cipher whose key is set; NULL when the library has no such cipher or no memory.
static inline EVP_CIPHER_CTX *cipher_make(const char *name, const uint8_t *key, int is_encrypting) {
  EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  int done = cipher != NULL && context != NULL;
  if (done) EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  done = done && EVP_CipherInit_ex(context, cipher, NULL, key, NULL, is_encrypting) == 1 &&
         EVP_CIPHER_CTX_set_padding(context, 0) == 1;
  EVP_CIPHER_free(cipher);
  if (done) return context;
  EVP_CIPHER_CTX_free(context);
  return NULL;
}
/// Encrypts one block of AES in place.
static inline int cipher_block(EVP_CIPHER_CTX *context, uint8_t block[16]) {
  int count = 0;
  return EVP_EncryptUpdate(context, block, &count, block, 16) == 1 && count == 16;
}
/// Opens `count` bytes and the tag behind them; 1 when it is right.
static inline int gcm_open(EVP_CIPHER_CTX *context, const uint8_t nonce[12], const uint8_t *first, int first_count,
                           const uint8_t *second, int second_count, const uint8_t *bytes, int count,
                           uint8_t *target) {
  int done = 0, last = 0;
  return EVP_DecryptInit_ex(context, NULL, NULL, NULL, nonce) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, (void *)(bytes + count)) == 1 &&
         (first_count == 0 || EVP_DecryptUpdate(context, NULL, &done, first, first_count) == 1) &&
         (second_count == 0 || EVP_DecryptUpdate(context, NULL, &done, second, second_count) == 1) &&
         (count == 0 || EVP_DecryptUpdate(context, target, &done, bytes, count) == 1) &&
         EVP_DecryptFinal_ex(context, target + count, &last) == 1;
}
/// Wraps or unwraps a key. Source: RFC 3394.
static inline int key_wrap(EVP_CIPHER_CTX *context, const uint8_t *bytes, int count, uint8_t *target) {
  int done = 0;
  return EVP_CipherInit_ex(context, NULL, NULL, NULL, NULL, -1) == 1 &&
         EVP_CipherUpdate(context, target, &done, bytes, count) == 1 && done > 0;
}
/// A key for AES-256-GCM that is set up to seal: AES of single blocks, and the tables of the tag. libcrypto's context
/// for the whole takes twice as long for a short value.
typedef struct {
  EVP_CIPHER_CTX *cipher;
  GCM128_CONTEXT *tables;
} data_key;
static inline void data_key_block(const uint8_t source[16], uint8_t target[16], const void *cipher) {
  int count = 0;
  EVP_EncryptUpdate((EVP_CIPHER_CTX *)cipher, target, &count, source, 16);
}
static inline void data_key_free(data_key key) {
  CRYPTO_gcm128_release(key.tables);
  EVP_CIPHER_CTX_free(key.cipher);
}
/// Both are NULL when the library fails.
static inline data_key data_key_make(const uint8_t bytes[32]) {
  data_key key = {cipher_make("AES-256-ECB", bytes, 1), NULL};
  if (key.cipher != NULL) key.tables = CRYPTO_gcm128_new(key.cipher, data_key_block);
  if (key.tables != NULL) return key;
  data_key_free(key);
  return (data_key){NULL, NULL};
}
/// Draws a key, and hands it out as it is wrapped, too.
static inline data_key data_key_draw(EVP_CIPHER_CTX *wrapping, uint8_t wrapped[40]) {
  uint8_t bytes[32];
  data_key key = {NULL, NULL};
  if (RAND_priv_bytes(bytes, sizeof bytes) == 1 && key_wrap(wrapping, bytes, sizeof bytes, wrapped)) {
    key = data_key_make(bytes);
  }
  OPENSSL_cleanse(bytes, sizeof bytes);
  return key;
}
/// Seals bytes to `target` and writes the tag behind; what they are bound to comes in two parts. Source: SP 800-38D.
static inline int data_key_seal(data_key key, const uint8_t nonce[12], const uint8_t *first, size_t first_count,
                                const uint8_t *second, size_t second_count, const uint8_t *bytes, size_t count,
                                uint8_t *target) {
  CRYPTO_gcm128_setiv(key.tables, nonce, 12);
  int done = CRYPTO_gcm128_aad(key.tables, first, first_count) == 0 &&
             CRYPTO_gcm128_aad(key.tables, second, second_count) == 0 &&
             CRYPTO_gcm128_encrypt(key.tables, bytes, target, count) == 0;
  CRYPTO_gcm128_tag(key.tables, target + count, 16);
  return done;
}
/// Unwraps a data key and opens a value with it: nonce, sealed bytes and tag; 1 when both are right.
static inline int data_key_open(EVP_CIPHER_CTX *wrapping, const uint8_t wrapped[40], const uint8_t *sealed,
                                const uint8_t *first, int first_count, const uint8_t *second, int second_count,
                                int count, uint8_t *target) {
  uint8_t key[40];  // the library may write a block more than it tells
  EVP_CIPHER_CTX *context = key_wrap(wrapping, wrapped, 40, key) ? cipher_make("AES-256-GCM", key, 0) : NULL;
  int done = context != NULL &&
             gcm_open(context, sealed, first, first_count, second, second_count, sealed + 12, count, target);
  EVP_CIPHER_CTX_free(context);
  OPENSSL_cleanse(key, sizeof key);
  return done;
}
