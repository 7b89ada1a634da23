/* Guards a CURVE server's socket: admits one client at a time, and only with the right key. */
#ifndef COPAIN_GUARD_H
#define COPAIN_GUARD_H

typedef struct Guard Guard;

/* Begins to guard a socket; must be called before the socket is bound.
 *
 * client_key: public key of the allowed clients, 40 Z85 characters.
 * Returns NULL with errno set. */
Guard *guard_start(void *context, void *socket, const char *client_key);

/* Whether a message from the connection `fd` is the client's. The sender of the first message
 * becomes the client. */
int guard_admits(Guard *guard, int fd);

/* Whether the client's connection has ended. */
int guard_client_is_gone(Guard *guard);

/* Ends guarding and shuts the context down; the socket must be closed first. */
void guard_stop(Guard *guard);

#endif
