/* Runs a fuzz target over files, without libFuzzer: over those named, or else over the corpus of
 * the target, $COOKIEGUARD_CORPUS/CG_FUZZ_TARGET. A target that finds a fault aborts. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly the file's size, so that a sanitizer sees each octet that is read beyond. */
static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    int is_read = 0;

    if (file && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0 && (data = malloc(size ? (size_t)size : 1)) != NULL) {
        is_read = fread(data, 1, (size_t)size, file) == (size_t)size;
    }
    if (is_read) {
        LLVMFuzzerTestOneInput(data, (size_t)size);
    } else {
        perror(path);
    }
    free(data);
    if (file) {
        fclose(file);
    }
    return is_read;
}

/* The number of files, or -1. */
static long replay_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    long count = 0;

    if (directory == NULL) {
        perror(path);
        return -1;
    }
    while (count >= 0 && (entry = readdir(directory)) != NULL) {
        char file[4096 + 1 + sizeof entry->d_name];
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        count = replay_file(file) ? count + 1 : -1;
    }
    closedir(directory);
    return count;
}

static long replay_corpus(void)
{
    const char *root = getenv("COOKIEGUARD_CORPUS");
    char path[4096];
    if (root == NULL) {
        fprintf(stderr, "name files, or set COOKIEGUARD_CORPUS to the directory of the corpora\n");
        return -1;
    }
    snprintf(path, sizeof path, "%s/%s", root, CG_FUZZ_TARGET);
    return replay_directory(path);
}

int main(int argc, char **argv)
{
    long count = 0;
    if (argc < 2) {
        count = replay_corpus();
    }
    for (int i = 1; i < argc && count >= 0; i++) {
        count = replay_file(argv[i]) ? count + 1 : -1;
    }
    if (count < 0) {
        return 1;
    }
    printf("%s: %ld inputs\n", CG_FUZZ_TARGET, count);
    return count == 0;
}
