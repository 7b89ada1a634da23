/* Guards a bound socket with CURVE: one client at a time, with a key of the file of clients. */
#ifndef COPAIN_GUARD_H
#define COPAIN_GUARD_H

typedef struct Guard Guard;

/* Begins to guard a socket; must be called before the socket is bound.
 *
 * clients: path of the file of clients. A line has a public key, 40 Z85 characters, a space and a
 * name. It is read at each handshake, so that lines can be added and removed at any time.
 * Returns NULL with errno set. */
Guard *guard_start(void *context, void *socket, const char *clients);

/* Whether a message is of the client. The first one is.
 *
 * fd: descriptor of the connection over which it came. key: public key of the sender. */
int guard_admits(Guard *guard, int fd, const char *key);

/* Whether the client's connection has ended, or its key was taken out of the file. If this process
 * has not ended by itself a second later, the guard ends it. */
int guard_client_is_gone(Guard *guard);

/* Ends guarding and shuts the context down; the socket must be closed first. */
void guard_stop(Guard *guard);

#endif
