/* copain_reaper: waits for the end of the Python process that started it. Then it ends the emulators
 * that Python has left and removes their private homes.
 *
 * A Python process that is killed cannot do that itself. An emulator can, but only once its bridge
 * runs, and an executable may be no emulator at all.
 *
 * Standard input is a socket of Python's: `+PATH` comes before a home is made, and `-PATH` after it
 * was removed. When Python has ended, so has the connection. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KILL_ROUNDS = 2000, ROUND_MS = 5, OPEN_FOLDERS = 16 };

static const char VARIABLE[] = "COPAIN_HOME=";

static char **homes;
static size_t count;

static size_t find(const char *home) {
    size_t i = 0;
    while (i < count && strcmp(homes[i], home)) i++;
    return i;
}

static void add(const char *home) {
    char **more = realloc(homes, (count + 1) * sizeof *homes);
    if (more) homes = more;
    if (more && (homes[count] = strdup(home))) count++;
}

static void forget(const char *home) {
    size_t i = find(home);
    if (i == count) return;
    free(homes[i]);
    homes[i] = homes[--count];
}

static void listen_to_python(void) {
    char message[PATH_MAX + 2];
    ssize_t size;
    while ((size = read(STDIN_FILENO, message, sizeof message - 1)) > 0) {
        message[size] = 0;
        if (message[0] == '+') add(message + 1);
        if (message[0] == '-') forget(message + 1);
    }
}

/* Whether the environment of a process names one of the homes. A zombie has none. */
static int is_left(const char *pid) {
    char path[64], *entry = NULL;
    size_t size = 0;
    int found = 0;
    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    while (!found && getdelim(&entry, &size, 0, file) > 0)
        found = !strncmp(entry, VARIABLE, sizeof VARIABLE - 1)
                && find(entry + sizeof VARIABLE - 1) < count;
    free(entry);
    fclose(file);
    return found;
}

/* Kills the processes of the homes; returns how many there were. */
static int kill_processes(void) {
    int killed = 0;
    DIR *all = opendir("/proc");
    if (!all) return 0;
    for (struct dirent *one; (one = readdir(all));) {
        pid_t pid = (pid_t)atol(one->d_name);
        if (pid > 0 && pid != getpid() && is_left(one->d_name)) {
            kill(pid, SIGKILL);
            killed++;
        }
    }
    closedir(all);
    return killed;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status, (void)type, (void)place;
    remove(path);
    return 0;
}

int main(void) {
    /* Not a child of Python's, so that Python need not wait for it, and in a session of its own, so
     * that no terminal ends it. Only SIGKILL does. */
    sigset_t every;
    sigfillset(&every);
    sigprocmask(SIG_BLOCK, &every, NULL);
    if (fork()) _exit(0);
    setsid();
    if (chdir("/")) return 1;
    listen_to_python();
    const struct timespec pause = {0, ROUND_MS * 1000000L};
    for (int i = 0; count && i < KILL_ROUNDS && kill_processes(); i++) nanosleep(&pause, NULL);
    for (size_t i = 0; i < count; i++)
        nftw(homes[i], remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    return 0;
}
