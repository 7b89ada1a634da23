/* Ends the emulator when its owner has ended, even if a script loops forever or FCEUX has stopped
 * the bridge. Usually the bridge notices this itself and ends the emulator in order; this thread is
 * for when it cannot. */
#include "native.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 200, GRACE_MS = 1000 };

static pid_t parent, owner;

static void pause_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static int orphaned(void) {
    return getppid() != parent || (owner > 0 && kill(owner, 0) && errno == ESRCH);
}

/* Removes a folder once this process has ended; before, other threads of FCEUX may write there.
 * The forked child calls only functions that are safe after a fork of a process with threads. */
static void remove_after_end(const char *folder) {
    pid_t emulator = getpid();
    if (fork()) return;
    while (getppid() == emulator) pause_ms(5);
    execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
    _exit(1);
}

/* remove_after_end(folder) */
int native_remove_after_end(lua_State *L) {
    remove_after_end(luaL_checkstring(L, 1));
    return 0;
}

static void *watch(void *unused) {
    (void)unused;
    while (!orphaned()) pause_ms(LOOK_MS);
    pause_ms(GRACE_MS);
    if (getenv("COPAIN_REMOVE_HOME")) remove_after_end(getenv("COPAIN_REMOVE_HOME"));
    _exit(0);
}

/* watch(owner_pid, home): starts the thread that watches the owner. `home` is a folder to remove at
 * the end. Both may be nil. */
int native_watch(lua_State *L) {
    pthread_t thread;
    owner = (pid_t)luaL_optinteger(L, 1, 0);
    parent = getppid();
    if (lua_isstring(L, 2)) setenv("COPAIN_REMOVE_HOME", lua_tostring(L, 2), 1);
    if (pthread_create(&thread, NULL, watch, NULL)) return luaL_error(L, "cannot start a thread");
    pthread_detach(thread);
    return 0;
}
