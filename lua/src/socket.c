/* A ZeroMQ REP socket as a Lua object.
 *
 *   socket = native.open{connect = "ipc://..."}      or {bind = "tcp://127.0.0.1:5555"}
 *   request = socket:recv(timeout_ms)                nil after the time-out; nil, true if the
 *                                                    client of a CURVE server disconnected
 *   socket:send(reply)
 *   socket:close()
 *
 * An endpoint shm://PATH is a mailbox in shared memory with the same methods, see shm.c.
 *
 * CURVE encryption (https://rfc.zeromq.org/spec/26): keys are Z85 strings of 40 characters.
 * {public_key=, secret_key=, server_key=} makes the socket a CURVE client of `server_key`;
 * {public_key=, secret_key=, clients=, busy=} makes it a CURVE server for one client at a time,
 * whose key must be in the file `clients` (guard.h); a second client gets the reply `busy`.
 */
#include "guard.h"
#include "native.h"
#include "protocol.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define METATABLE "copain.socket"

enum { ENVELOPE = 1024 }; /* bytes, more than what ZeroMQ and CURVE put around a message */

typedef struct {
    void *context, *socket;
    Guard *guard; /* NULL unless this is a CURVE server */
    char *busy;   /* its reply to a second client */
    size_t busy_size;
    int timeout;    /* current RCVTIMEO in milliseconds */
    size_t longest; /* allowed message in bytes */
} Socket;

static void release(Socket *s) {
    if (s->socket) zmq_close(s->socket);
    if (s->guard) guard_stop(s->guard);
    if (s->context) zmq_ctx_term(s->context);
    free(s->busy);
    s->socket = s->context = NULL;
    s->guard = NULL;
    s->busy = NULL;
}

static int fail(lua_State *L, Socket *s, const char *what, const char *value) {
    int error = zmq_errno();
    release(s);
    return luaL_error(L, "%s %s: %s", what, value, zmq_strerror(error));
}

static Socket *check_open(lua_State *L) {
    Socket *s = luaL_checkudata(L, 1, METATABLE);
    if (!s->socket) luaL_error(L, "the socket is closed");
    return s;
}

static const char *option(lua_State *L, const char *name) {
    lua_getfield(L, 1, name); /* stays on the stack, so that the string stays valid */
    if (lua_isnil(L, -1)) return NULL;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "option '%s' is a %s; it must be a string", name, luaL_typename(L, -1));
    return lua_tostring(L, -1);
}

static void set_key(lua_State *L, Socket *s, int name, const char *what, const char *key) {
    if (!key) luaL_error(L, "CURVE needs the option '%s'", what);
    if (strlen(key) != 40 || zmq_setsockopt(s->socket, name, key, 41)) {
        release(s);
        luaL_error(L, "option '%s' is not a key of 40 Z85 characters", what);
    }
}

/* Limits messages in both directions. A frame that is longer ends its connection, also before the
 * sender has said who it is. */
static void limit_messages(Socket *s, const char *endpoint) {
    s->longest = strncmp(endpoint, "tcp:", 4) ? MAILBOX_MAX_MESSAGE : TCP_MAX_MESSAGE;
    int64_t frame = (int64_t)s->longest + ENVELOPE;
    zmq_setsockopt(s->socket, ZMQ_MAXMSGSIZE, &frame, sizeof frame);
}

int native_open(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *connect = option(L, "connect"), *bind = option(L, "bind");
    if (!connect == !bind) return luaL_error(L, "give one of the options 'connect' and 'bind'");
    if (connect && !strncmp(connect, "shm://", 6)) return native_open_shm(L, connect + 6);
    const char *public_key = option(L, "public_key"), *secret_key = option(L, "secret_key");
    const char *server_key = option(L, "server_key"), *clients = option(L, "clients");
    const char *busy = option(L, "busy");
    size_t busy_size = busy ? lua_objlen(L, -1) : 0;

    Socket *s = lua_newuserdata(L, sizeof *s);
    memset(s, 0, sizeof *s);
    luaL_getmetatable(L, METATABLE);
    lua_setmetatable(L, -2);
    s->timeout = -1;

    s->context = zmq_ctx_new();
    if (!s->context) return fail(L, s, "cannot make a context for", connect ? connect : bind);
    s->socket = zmq_socket(s->context, ZMQ_REP);
    if (!s->socket) return fail(L, s, "cannot make a socket for", connect ? connect : bind);
    int linger = 500; /* ms: time to send the last reply; limits the delay at exit */
    zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof linger);
    limit_messages(s, connect ? connect : bind);
    if (server_key || clients) {
        int server = 1;
        if (clients) zmq_setsockopt(s->socket, ZMQ_CURVE_SERVER, &server, sizeof server);
        else set_key(L, s, ZMQ_CURVE_SERVERKEY, "server_key", server_key);
        set_key(L, s, ZMQ_CURVE_PUBLICKEY, "public_key", public_key);
        set_key(L, s, ZMQ_CURVE_SECRETKEY, "secret_key", secret_key);
    }
    if (clients) {
        int every = 1000, patience = 5000; /* ms: detects a client that vanished */
        zmq_setsockopt(s->socket, ZMQ_HANDSHAKE_IVL, &patience, sizeof patience);
        zmq_setsockopt(s->socket, ZMQ_HEARTBEAT_IVL, &every, sizeof every);
        zmq_setsockopt(s->socket, ZMQ_HEARTBEAT_TIMEOUT, &patience, sizeof patience);
        s->guard = guard_start(s->context, s->socket, clients);
        if (!s->guard) return fail(L, s, "cannot guard", bind ? bind : connect);
        s->busy = malloc(busy_size + 1);
        if (s->busy && busy) memcpy(s->busy, busy, s->busy_size = busy_size);
    } else if (bind && !strncmp(bind, "tcp:", 4)) {
        release(s);
        return luaL_error(L, "bind %s: a CURVE server needs the option 'clients'", bind);
    }
    if (connect && zmq_connect(s->socket, connect)) return fail(L, s, "cannot connect to", connect);
    if (bind && zmq_bind(s->socket, bind)) return fail(L, s, "cannot bind", bind);
    return 1;
}

/* Receives one message. Returns 1, or 0 after a time-out. */
static int receive(lua_State *L, Socket *s, zmq_msg_t *message) {
    zmq_msg_init(message);
    if (zmq_msg_recv(message, s->socket, 0) >= 0) return 1;
    int error = zmq_errno();
    zmq_msg_close(message);
    if (error != EAGAIN && error != EINTR) luaL_error(L, "receive: %s", zmq_strerror(error));
    return 0;
}

static int socket_recv(lua_State *L) {
    Socket *s = check_open(L);
    int timeout = luaL_optint(L, 2, -1);
    if (timeout != s->timeout) {
        zmq_setsockopt(s->socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
        s->timeout = timeout;
    }
    zmq_msg_t message;
    if (!receive(L, s, &message)) {
        lua_pushnil(L);
        lua_pushboolean(L, s->guard && guard_client_is_gone(s->guard));
        return 2;
    }
    int more = zmq_msg_more(&message);
    int admitted = !s->guard || guard_admits(s->guard, zmq_msg_get(&message, ZMQ_SRCFD),
                                             zmq_msg_gets(&message, "User-Id"));
    if (admitted) lua_pushlstring(L, zmq_msg_data(&message), zmq_msg_size(&message));
    else lua_pushnil(L);
    zmq_msg_close(&message);
    while (more) { /* our messages have one part; drop further parts of any other message */
        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, s->socket, 0) < 0) break;
        more = zmq_msg_more(&message);
        zmq_msg_close(&message);
    }
    if (!admitted) zmq_send(s->socket, s->busy ? s->busy : "", s->busy_size, 0);
    return 1;
}

static int socket_send(lua_State *L) {
    Socket *s = check_open(L);
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);
    if (size > s->longest)
        return luaL_error(L, "the reply has %f bytes; %f are allowed", (lua_Number)size,
                          (lua_Number)s->longest);
    while (zmq_send(s->socket, data, size, 0) < 0)
        if (zmq_errno() != EINTR) return luaL_error(L, "send: %s", zmq_strerror(zmq_errno()));
    return 0;
}

static int socket_close(lua_State *L) {
    release(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static const luaL_Reg methods[] = {
    {"recv", socket_recv},
    {"send", socket_send},
    {"close", socket_close},
    {NULL, NULL},
};

void native_register_socket(lua_State *L) {
    luaL_newmetatable(L, METATABLE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, socket_close);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}
