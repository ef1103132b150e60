/* The least a vassal can be, so that Emperors are measured and not their vassals.
 *
 * It stamps its slot of the slate (benchmarks/slate.py) at its first instruction and at each reload byte, says spawned,
 * accepting and loyal, and obeys. Its slot is the number in its configuration's name: v000123.ini has slot 123. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct slot {
    uint64_t started_ns;
    uint64_t reloaded_ns;
    uint32_t starts;
    uint32_t reloads;
    uint32_t pid;
    uint32_t loyal;
};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct slot *own_slot(const char *name) {
    const char *slash = strrchr(name, '/');
    unsigned long number = strtoul((slash ? slash + 1 : name) + 1, NULL, 10);
    size_t page = (size_t)sysconf(_SC_PAGESIZE), at = number * sizeof(struct slot);
    int file = open(getenv("BENCH_SLATE"), O_RDWR | O_CLOEXEC);
    if (file < 0) exit(3);
    char *slots = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)(at / page * page));
    close(file);
    if (slots == MAP_FAILED) exit(3);
    return (struct slot *)(slots + at % page);
}

int main(int argc, char **argv) {
    uint64_t started_ns = now_ns();
    const char *channel_number = getenv("UWSGI_EMPEROR_FD");
    if (argc < 2 || channel_number == NULL) return 2;
    struct slot *slot = own_slot(argv[argc - 1]);
    int channel = atoi(channel_number);
    unsigned char byte;
    slot->pid = (uint32_t)getpid();
    slot->started_ns = started_ns;
    slot->starts++;
    do {
        if (write(channel, "\x01\x05\x11", 3) != 3) return 1;
        slot->loyal = 1;
        do {
            if (read(channel, &byte, 1) != 1) return 1;
            if (byte == 0 || byte == 2) return 0;
        } while (byte != 1);
        slot->reloaded_ns = now_ns();
        slot->reloads++;
    } while (1);
}
