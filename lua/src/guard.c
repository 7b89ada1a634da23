/* Authentication by ZAP (https://rfc.zeromq.org/spec/27) and watching the client's connection. */
#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define MONITOR "inproc://copain-monitor"
#define ZAP "inproc://zeromq.zap.01" /* the address that ZAP prescribes */
enum { KEY = 32, PART = 256 };

struct Guard {
    void *context, *handler, *monitor;
    pthread_t thread;
    uint8_t client_key[KEY];
    atomic_int client; /* descriptor of the client's connection; -1 before its first message */
    int gone;
};

/* Reads one part of a message. Returns 1 if more parts follow, 0 for the last part, -1 if the
 * context ends. */
static int read_part(void *socket, char *data, size_t *size) {
    int n;
    do n = zmq_recv(socket, data, PART, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0) return -1;
    *size = n > PART ? 0 : (size_t)n; /* too long for anything that ZAP allows */
    int more = 0;
    size_t length = sizeof more;
    zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &length);
    return more;
}

static void reply(void *socket, const char *id, size_t id_size, const char *status,
                  const char *text) {
    zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(socket, id, id_size, ZMQ_SNDMORE);
    zmq_send(socket, status, strlen(status), ZMQ_SNDMORE);
    zmq_send(socket, text, strlen(text), ZMQ_SNDMORE);
    zmq_send(socket, "", 0, ZMQ_SNDMORE);
    zmq_send(socket, "", 0, 0);
}

/* Request: version, id, domain, address, identity, mechanism, credentials. */
static void *authenticate(void *argument) {
    Guard *g = argument;
    for (;;) {
        char data[PART], id[PART];
        size_t size = 0, id_size = 0;
        int known = 1, curve = 0, part = 0, more;
        do {
            more = read_part(g->handler, data, &size);
            if (more < 0) {
                zmq_close(g->handler);
                return NULL;
            }
            if (part == 0) known &= size == 3 && !memcmp(data, "1.0", 3);
            else if (part == 1) memcpy(id, data, id_size = size);
            else if (part == 5) curve = size == 5 && !memcmp(data, "CURVE", 5);
            else if (part == 6) known &= size == KEY && !memcmp(data, g->client_key, KEY);
            part++;
        } while (more);
        if (!known || !curve || part != 7) reply(g->handler, id, id_size, "400", "unknown key");
        /* A temporary error: the second client retries by itself until the first one has gone. */
        else if (atomic_load(&g->client) >= 0) reply(g->handler, id, id_size, "300", "busy");
        else reply(g->handler, id, id_size, "200", "OK");
    }
}

Guard *guard_start(void *context, void *socket, const char *client_key) {
    Guard *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->context = context;
    atomic_init(&g->client, -1);
    if (strlen(client_key) != 40 || !zmq_z85_decode(g->client_key, client_key)) {
        free(g);
        errno = EINVAL;
        return NULL;
    }
    g->handler = zmq_socket(context, ZMQ_REP);
    g->monitor = zmq_socket(context, ZMQ_PAIR);
    if (!g->handler || !g->monitor || zmq_bind(g->handler, ZAP) ||
        zmq_socket_monitor(socket, MONITOR, ZMQ_EVENT_DISCONNECTED) ||
        zmq_connect(g->monitor, MONITOR) ||
        pthread_create(&g->thread, NULL, authenticate, g)) {
        int error = errno;
        if (g->handler) zmq_close(g->handler);
        if (g->monitor) zmq_close(g->monitor);
        free(g);
        errno = error;
        return NULL;
    }
    return g;
}

int guard_admits(Guard *g, int fd) {
    int nobody = -1;
    return atomic_compare_exchange_strong(&g->client, &nobody, fd) || nobody == fd;
}

int guard_client_is_gone(Guard *g) {
    /* An event has two parts: number (16 bits) and value (32 bits, here the descriptor); address. */
    for (;;) {
        uint8_t event[6];
        char address[PART];
        if (zmq_recv(g->monitor, event, sizeof event, ZMQ_DONTWAIT) != (int)sizeof event) break;
        zmq_recv(g->monitor, address, sizeof address, ZMQ_DONTWAIT);
        int32_t fd;
        memcpy(&fd, event + 2, sizeof fd);
        if (fd == atomic_load(&g->client)) g->gone = 1;
    }
    return g->gone;
}

void guard_stop(Guard *g) {
    zmq_close(g->monitor);
    zmq_ctx_shutdown(g->context); /* ends the handler's wait */
    pthread_join(g->thread, NULL);
    free(g);
}
