/* Authentication by ZAP (https://rfc.zeromq.org/spec/27) and watching the client's connection.
 * Both are in a thread of their own, as the emulator may be busy with a request for long. */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define MONITOR "inproc://copain-monitor"
#define ZAP "inproc://zeromq.zap.01" /* the address that ZAP prescribes */
enum { KEY = 32, KEY_TEXT = 40, PART = 256, LOOK_MS = 100, GRACE_MS = 1000, DESCRIPTORS = 65536 };

struct Guard {
    void *context, *handler, *monitor;
    pthread_t thread;
    char *clients;              /* path of the file */
    struct stat seen;           /* the file when the client's key was last found there */
    char key[KEY_TEXT + 1];     /* of the client; written before `client` is */
    atomic_int client;          /* descriptor of its connection; -1 before its first message */
    atomic_int gone;            /* whether it is */
    long long gone_since;       /* ms */
    uint8_t open[DESCRIPTORS];  /* whether a descriptor is of a connection */
};

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* ---- the file of clients ------------------------------------------------ */

static int is_client(const Guard *g, const char *key) {
    FILE *file = fopen(g->clients, "re");
    if (!file) return 0;
    char *line = NULL;
    size_t size = 0;
    int found = 0;
    while (!found && getline(&line, &size, file) >= KEY_TEXT)
        found = !strncmp(line, key, KEY_TEXT) && strchr(" \t\r\n", line[KEY_TEXT]);
    free(line);
    fclose(file);
    return found;
}

/* Whether the client's key was taken out of the file. */
static int was_revoked(Guard *g) {
    struct stat now;
    if (stat(g->clients, &now)) return 1;
    if (now.st_ino == g->seen.st_ino && now.st_size == g->seen.st_size &&
        now.st_mtim.tv_sec == g->seen.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == g->seen.st_mtim.tv_nsec)
        return 0;
    g->seen = now;
    return !is_client(g, g->key);
}

/* ---- authentication ------------------------------------------------------ */

/* Reads one part of a message. Returns 1 if more parts follow, 0 for the last part, -1 if there is
 * none. */
static int read_part(void *socket, char *data, size_t *size) {
    int n;
    do n = zmq_recv(socket, data, PART, ZMQ_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0) return -1;
    *size = n > PART ? 0 : (size_t)n; /* too long for anything that ZAP allows */
    int more = 0;
    size_t length = sizeof more;
    zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &length);
    return more;
}

static void reply(void *socket, const char *id, size_t id_size, const char *status,
                  const char *text, const char *user) {
    zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(socket, id, id_size, ZMQ_SNDMORE);
    zmq_send(socket, status, strlen(status), ZMQ_SNDMORE);
    zmq_send(socket, text, strlen(text), ZMQ_SNDMORE);
    zmq_send(socket, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(socket, "", 0, 0);
}

/* Answers a request, if there is one: version, id, domain, address, identity, mechanism,
 * credentials. The answer's user is the key, which libzmq then tells with each message. */
static void authenticate(Guard *g) {
    char data[PART], id[PART], key[KEY_TEXT + 1] = "";
    size_t size = 0, id_size = 0;
    int known = 1, curve = 0, part = 0, more;
    do {
        more = read_part(g->handler, data, &size);
        if (more < 0) return;
        if (part == 0) known &= size == 3 && !memcmp(data, "1.0", 3);
        else if (part == 1) memcpy(id, data, id_size = size);
        else if (part == 5) curve = size == 5 && !memcmp(data, "CURVE", 5);
        else if (part == 6)
            known &= size == KEY && zmq_z85_encode(key, (uint8_t *)data, KEY) && is_client(g, key);
        part++;
    } while (more);
    if (!known || !curve || part != 7) reply(g->handler, id, id_size, "400", "unknown key", "");
    /* A temporary error: the second client retries by itself until the first one has gone. */
    else if (atomic_load(&g->client) >= 0) reply(g->handler, id, id_size, "300", "busy", "");
    else reply(g->handler, id, id_size, "200", "OK", key);
}

/* ---- the client's connection -------------------------------------------- */

/* Takes in which connections began and ended since the last call. */
static void follow_connections(Guard *g) {
    for (;;) {
        /* An event has two parts: number (16 bits) and value (32 bits, here the descriptor); address. */
        uint8_t event[6];
        char address[PART];
        if (zmq_recv(g->monitor, event, sizeof event, ZMQ_DONTWAIT) != (int)sizeof event) return;
        zmq_recv(g->monitor, address, sizeof address, ZMQ_DONTWAIT);
        uint16_t kind;
        int32_t fd;
        memcpy(&kind, event, sizeof kind);
        memcpy(&fd, event + 2, sizeof fd);
        if (fd < 0 || fd >= DESCRIPTORS) continue;
        g->open[fd] = kind == ZMQ_EVENT_ACCEPTED;
        /* Its number may be that of another connection at once. */
        if (kind == ZMQ_EVENT_DISCONNECTED && fd == atomic_load(&g->client))
            atomic_store(&g->gone, 1);
    }
}

static void look_after_client(Guard *g) {
    int client = atomic_load(&g->client);
    /* It was accepted before its first message came, so all that is to be known of it is here. */
    follow_connections(g);
    if (client >= 0 && client < DESCRIPTORS && !g->open[client]) atomic_store(&g->gone, 1);
    if (client >= 0 && !atomic_load(&g->gone) && was_revoked(g)) {
        fputs("copain bridge: the client's key was revoked\n", stderr);
        atomic_store(&g->gone, 1);
    }
    if (!atomic_load(&g->gone)) return;
    if (!g->gone_since) g->gone_since = now_ms();
    else if (now_ms() - g->gone_since > GRACE_MS) _exit(0); /* a request that does not end */
}

static void *watch(void *argument) {
    Guard *g = argument;
    zmq_pollitem_t items[] = {{g->handler, 0, ZMQ_POLLIN, 0}, {g->monitor, 0, ZMQ_POLLIN, 0}};
    while (zmq_poll(items, 2, LOOK_MS) >= 0 || errno == EINTR) {
        if (items[0].revents) authenticate(g);
        look_after_client(g);
    }
    zmq_close(g->handler); /* the context ends */
    zmq_close(g->monitor);
    return NULL;
}

Guard *guard_start(void *context, void *socket, const char *clients) {
    Guard *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->context = context;
    atomic_init(&g->client, -1);
    atomic_init(&g->gone, 0);
    g->clients = strdup(clients);
    g->handler = zmq_socket(context, ZMQ_REP);
    g->monitor = zmq_socket(context, ZMQ_PAIR);
    if (!g->clients || !g->handler || !g->monitor || zmq_bind(g->handler, ZAP) ||
        zmq_socket_monitor(socket, MONITOR, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) ||
        zmq_connect(g->monitor, MONITOR) || pthread_create(&g->thread, NULL, watch, g)) {
        int error = errno;
        if (g->handler) zmq_close(g->handler);
        if (g->monitor) zmq_close(g->monitor);
        free(g->clients);
        free(g);
        errno = error;
        return NULL;
    }
    return g;
}

int guard_admits(Guard *g, int fd, const char *key) {
    int client = atomic_load(&g->client);
    if (client >= 0) return client == fd;
    if (!key || strlen(key) != KEY_TEXT) return 0;
    memcpy(g->key, key, sizeof g->key);
    atomic_store(&g->client, fd);
    return 1;
}

int guard_client_is_gone(Guard *g) { return atomic_load(&g->gone); }

void guard_stop(Guard *g) {
    zmq_ctx_shutdown(g->context); /* ends the thread's wait */
    pthread_join(g->thread, NULL);
    free(g->clients);
    free(g);
}
