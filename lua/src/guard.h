/* Guards a bound socket with CURVE: one client at a time, and only with the one key. */
#ifndef COPAIN_GUARD_H
#define COPAIN_GUARD_H

typedef struct Guard Guard;

/* Begins to guard a socket; before it is bound.
 *
 * client_key: public key of the allowed clients, 40 Z85 characters.
 * Returns NULL with errno set. */
Guard *guard_start(void *context, void *socket, const char *client_key);

/* Whether a message that came over the connection `fd` is of the client. The first one is. */
int guard_admits(Guard *guard, int fd);

/* Whether the client's connection has ended. */
int guard_client_is_gone(Guard *guard);

/* Ends guarding; the socket is closed already. Shuts the context down. */
void guard_stop(Guard *guard);

#endif
