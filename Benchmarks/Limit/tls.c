// The least a TLS 1.3 server can do: OpenSSL through its memory streams, client and server in one thread, no sockets.
//
//   tls [resume=0] [tickets=1] [without_exchange=0] [record=0] [threads=1] [own_library=1] [ms=500] [server=0]
//
// With record=0 connections are made and given up, one after another: ECDSA P-256, X25519, AES-128-GCM; with resume=1
// each goes on from the ticket of the one before, with without_exchange=1 without a fresh key exchange (psk_ke). With
// record=N one connection is made, over which the client sends records of N bytes. Only the server's part is timed, on
// its thread's CPU clock. Each thread has its own contexts; with own_library=0 they share OpenSSL's inner state. Prints
// one JSON object.
#include "limit.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <pthread.h>

enum { RECORDS = 64, THREADS_MAX = 8 };
static int resume = 0, tickets = 1, without_exchange = 0, record = 0, threads = 1, own_library = 1, ms = 500;
static int server = 0;

struct worker {
  SSL_CTX *server, *client;
  SSL_SESSION *session;
  uint64_t server_ns, count, resumed;
  int cpu;
};

static void give_up(const char *what) {
  fprintf(stderr, "%s\n", what);
  ERR_print_errors_fp(stderr);
  exit(1);
}
static int keep_session(SSL *ssl, SSL_SESSION *session) {
  struct worker *worker = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  SSL_SESSION_free(worker->session);
  worker->session = session;
  return 1;
}
static void make_contexts(struct worker *worker) {
  OSSL_LIB_CTX *library = own_library ? OSSL_LIB_CTX_new() : NULL;
  if (library && !OSSL_PROVIDER_load(library, "default")) give_up("provider");
  worker->server = SSL_CTX_new_ex(library, NULL, TLS_server_method());
  worker->client = SSL_CTX_new_ex(library, NULL, TLS_client_method());
  EVP_PKEY *key = EVP_PKEY_Q_keygen(library, NULL, "EC", "P-256");
  X509 *certificate = X509_new_ex(library, NULL);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key);
  X509_NAME *name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"device.test", -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  if (X509_sign(certificate, key, EVP_sha256()) == 0) give_up("certificate");
  SSL_CTX *both[2] = {worker->server, worker->client};
  for (int i = 0; i < 2; i++) {
    SSL_CTX_set_min_proto_version(both[i], TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(both[i], "TLS_AES_128_GCM_SHA256");
    if (!SSL_CTX_set1_groups_list(both[i], "X25519")) give_up("groups");
    if (without_exchange) SSL_CTX_set_options(both[i], SSL_OP_ALLOW_NO_DHE_KEX);
    SSL_CTX_set_app_data(both[i], worker);
  }
  if (SSL_CTX_use_certificate(worker->server, certificate) != 1 || SSL_CTX_use_PrivateKey(worker->server, key) != 1)
    give_up("identity");
  SSL_CTX_set_num_tickets(worker->server, (size_t)tickets);
  SSL_CTX_set_session_id_context(worker->server, (const unsigned char *)"limit", 5);
  SSL_CTX_set_session_cache_mode(worker->server, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_cache_mode(worker->client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(worker->client, keep_session);
}

static SSL *make_connection(SSL_CTX *context, int is_server) {
  SSL *ssl = SSL_new(context);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);
  BIO_set_mem_eof_return(out, -1);
  SSL_set_bio(ssl, in, out);
  if (is_server)
    SSL_set_accept_state(ssl);
  else
    SSL_set_connect_state(ssl);
  return ssl;
}
static void free_connection(SSL *ssl) {
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl);
}
static void carry(SSL *from, SSL *to) {
  char bytes[16384];
  int count;
  while ((count = BIO_read(SSL_get_wbio(from), bytes, sizeof bytes)) > 0) BIO_write(SSL_get_rbio(to), bytes, count);
}

// One connection, up to the tickets that the client reads; the caller frees both halves.
static void connect_both(struct worker *worker, SSL **client, SSL **server) {
  char byte;
  *client = make_connection(worker->client, 0);
  SSL_set_tlsext_host_name(*client, "device.test");
  if (resume && worker->session) {
    SSL_set_session(*client, worker->session);
    // The server's only group is not among these, so it resumes without one.
    if (without_exchange) SSL_set1_groups_list(*client, "X448");
  }
  SSL_do_handshake(*client);
  uint64_t start = cpu_ns();
  *server = make_connection(worker->server, 1);
  worker->server_ns += cpu_ns() - start;
  carry(*client, *server);
  start = cpu_ns();
  SSL_do_handshake(*server);
  worker->server_ns += cpu_ns() - start;
  carry(*server, *client);
  if (SSL_do_handshake(*client) != 1) give_up("the client's handshake");
  carry(*client, *server);
  start = cpu_ns();
  if (SSL_do_handshake(*server) != 1) give_up("the server's handshake");
  worker->server_ns += cpu_ns() - start;
  carry(*server, *client);
  if (SSL_read(*client, &byte, 1) > 0) give_up("nothing was sent");
}

static void measure_handshakes(struct worker *worker) {
  uint64_t start = now_ns();
  int is_warm = 0;
  for (;;) {
    SSL *client, *server;
    connect_both(worker, &client, &server);
    worker->resumed += (uint64_t)SSL_session_reused(server);
    uint64_t before = cpu_ns();
    free_connection(server);
    worker->server_ns += cpu_ns() - before;
    free_connection(client);
    worker->count++;
    uint64_t elapsed = now_ns() - start;
    if (!is_warm && elapsed > 100000000u) {
      is_warm = 1;
      worker->server_ns = worker->count = worker->resumed = 0;
      start = now_ns();
    } else if (is_warm && elapsed > (uint64_t)ms * 1000000u) {
      return;
    }
  }
}
static void measure_records(struct worker *worker) {
  static char plain[16384], sealed[RECORDS * (16384 + 64)];
  SSL *client, *server;
  connect_both(worker, &client, &server);
  worker->server_ns = 0;
  uint64_t start = now_ns();
  while (now_ns() - start < (uint64_t)ms * 1000000u) {
    for (int i = 0; i < RECORDS; i++) SSL_write(client, plain, record);
    int count = BIO_read(SSL_get_wbio(client), sealed, sizeof sealed);
    uint64_t before = cpu_ns();
    BIO_write(SSL_get_rbio(server), sealed, count);
    for (int i = 0; i < RECORDS; i++)
      if (SSL_read(server, plain, sizeof plain) != record) give_up("a record");
    worker->server_ns += cpu_ns() - before;
    worker->count += RECORDS;
  }
  free_connection(client);
  free_connection(server);
}
static void *work(void *argument) {
  struct worker *worker = argument;
  pin(worker->cpu);
  if (record)
    measure_records(worker);
  else
    measure_handshakes(worker);
  return NULL;
}

int main(int count, char **arguments) {
  const struct option known[] = {
      {"resume", &resume}, {"tickets", &tickets}, {"without_exchange", &without_exchange}, {"record", &record},
      {"threads", &threads}, {"own_library", &own_library}, {"ms", &ms}, {"server", &server}};
  read_options(count, arguments, known, sizeof known / sizeof *known);
  if (record < 0 || record > 16384 || threads < 1 || threads > THREADS_MAX || (record && threads > 1)) {
    fprintf(stderr, "record is at most 16384 and has one thread; threads are 1 to %d\n", THREADS_MAX);
    return 2;
  }
  static struct worker workers[THREADS_MAX];
  pthread_t ids[THREADS_MAX];
  for (int i = 0; i < threads; i++) {
    workers[i].cpu = server + i;
    make_contexts(&workers[i]);
  }
  for (int i = 0; i < threads; i++)
    if (pthread_create(&ids[i], NULL, work, &workers[i])) die("pthread_create");
  double rate = 0;
  uint64_t total = 0, resumed = 0;
  for (int i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    rate += (double)workers[i].count * 1e9 / (double)workers[i].server_ns;
    total += workers[i].count;
    resumed += workers[i].resumed;
  }
  if (record)
    printf("{\"record\": %d, \"ns\": %.1f, \"gb_s\": %.2f}\n", record, 1e9 / rate, rate * record / 1e9);
  else
    printf("{\"handshakes\": %llu, \"resumed\": %.2f, \"threads\": %d, \"own_library\": %d, \"us\": %.1f, "
           "\"per_cpu_second\": %.0f}\n",
        (unsigned long long)total, (double)resumed / (double)total, threads, own_library, 1e6 * threads / rate, rate);
  return 0;
}
