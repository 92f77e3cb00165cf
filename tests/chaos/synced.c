/* Notes how far each file of a server is on the disk: preloaded into it, see power.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What was in the file when the call began is on the disk when it has ended; what came meanwhile may not be. */
static int noted(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct stat before;
    int known = fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
    int answer = real(fd);
    const char *folder = getenv("SYNCED_FOLDER");
    if (answer != 0 || !known || folder == NULL) return answer;
    char link[64], path[PATH_MAX], note[PATH_MAX + 64], text[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return answer;
    path[length] = 0;
    snprintf(note, sizeof note, "%s/%s", folder, strrchr(path, '/') + 1);
    int out = open(note, O_WRONLY | O_CREAT, 0600);
    if (out < 0) return answer;
    int written = snprintf(text, sizeof text, "%020lld", (long long)before.st_size);
    if (pwrite(out, text, written, 0) != written) abort();
    close(out);
    return answer;
}

int fsync(int fd) { return noted("fsync", fd); }
int fdatasync(int fd) { return noted("fdatasync", fd); }
