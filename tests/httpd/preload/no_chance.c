/* For a test: as long as a file of this library's name and `.now` stands beside it, OpenSSL has no
 * random octets for secrets. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int RAND_priv_bytes(unsigned char *octets, int count)
{
    int (*real)(unsigned char *, int) = NULL;
    char name[4096];
    Dl_info here;

    if (dladdr(&RAND_priv_bytes, &here)) {
        (void)snprintf(name, sizeof name, "%s.now", here.dli_fname);
        if (access(name, F_OK) == 0) {
            return 0;
        }
    }
    *(void **)&real = dlsym(RTLD_NEXT, "RAND_priv_bytes");
    return real ? real(octets, count) : 0;
}
