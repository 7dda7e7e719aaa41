/* Images: what a memory that is a copy of another one must set anew, and what
 * it must give back before it becomes a copy again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>
#include "wqjs.h"

/* Heap of the C library. The break is our own count, since a memory cannot
 * shrink: when it is made a copy of an image again, the heap starts over where
 * the image's ends, in memory that is there already. */

#define WASM_PAGE 65536u

uint64_t wq_memory_limit = UINT64_MAX; /* bytes */
uint32_t wq_heap_limit;                /* of JavaScript, in bytes; 0 is none */
uint32_t wq_memory_end;                /* in 64 KiB pages */

/* Before anything is allocated by sbrk: dlmalloc knows the memory the program
 * starts with by itself. */
__attribute__((constructor(50))) static void memory_starts(void)
{
    wq_memory_end = __builtin_wasm_memory_size(0);
}

/* The system gives memory a page at a time, when it is touched, which takes it a
 * second for a hundred megabytes at worst: what is asked for in one piece is
 * touched here, until the script is to stop. */
static bool touch(volatile char *p, size_t n)
{
    enum { PIECE = 1 << 20, STEP = 4096 };
    for (size_t i = 0; i < n; i += STEP) {
        if (i % PIECE == 0 && wq_tick())
            return false;
        p[i] = 0;
    }
    return true;
}

enum { TOUCH_FROM = 1 << 20 };

void *sbrk(intptr_t increment)
{
    uint32_t size = __builtin_wasm_memory_size(0), end = wq_memory_end;
    uint64_t pages = (uint64_t)increment / WASM_PAGE;
    if (increment < 0 || increment % WASM_PAGE != 0)
        abort(); /* dlmalloc is built not to */
    if ((end + pages) * WASM_PAGE > wq_memory_limit ||
        (end + pages > size && __builtin_wasm_memory_grow(0, end + pages - size) == (size_t)-1)) {
        errno = ENOMEM;
        return (void *)-1;
    }
    void *p = (void *)(uintptr_t)(end * (uint64_t)WASM_PAGE);
    if (increment >= TOUCH_FROM && !touch(p, increment)) {
        errno = ENOMEM;
        return (void *)-1;
    }
    wq_memory_end = end + pages;
    return p;
}

/* The C library's reads an id in its constants, a page that a start needs for
 * nothing else. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
    __wasi_timestamp_t ns;
    __wasi_clockid_t id = clock == CLOCK_REALTIME ? __WASI_CLOCKID_REALTIME : __WASI_CLOCKID_MONOTONIC;
    __wasi_errno_t e = __wasi_clock_time_get(id, 1, &ns);
    if (e != 0) {
        errno = e;
        return -1;
    }
    t->tv_sec = ns / 1000000000;
    t->tv_nsec = ns % 1000000000;
    return 0;
}

static double time_origin; /* ms since 1970 */

double wq_time_origin(void) { return time_origin; }

/* The runtime starts to live: limits of 0 leave the engine's default. */
WQ_EXPORT("wqjs_start")
void wqjs_start(uint32_t memory_pages, uint32_t heap_limit, uint32_t stack_size, uint64_t seed)
{
    struct timeval now;
    /* Written before wq is read: a page of an image that is read first is mapped
     * together with the 15 around it, and all count as resident. */
    *(volatile bool *)&wq.exiting = false;
    gettimeofday(&now, NULL);
    time_origin = now.tv_sec * 1e3 + now.tv_usec / 1e3;
    wq_memory_limit = (uint64_t)memory_pages * WASM_PAGE;
    wq_heap_limit = heap_limit;
    if (heap_limit)
        JS_SetMemoryLimit(wq.rt, heap_limit);
    if (stack_size)
        JS_SetMaxStackSize(wq.rt, stack_size);
    JS_ReseedContext(wq.ctx, seed);
}

/* Makes and frees a quarter more atoms than there are. The engine's table of them
 * grows by chaining each anew, which writes to all their pages. */
void wq_room_for_atoms(JSContext *ctx)
{
    JSMemoryUsage u;
    JS_ComputeMemoryUsage(JS_GetRuntime(ctx), &u);
    uint32_t n = 0, most = u.atom_count / 4;
    JSAtom *atoms = malloc(most * sizeof(*atoms));
    if (!atoms)
        return;
    while (n < most) {
        char name[24];
        snprintf(name, sizeof(name), "wqjs:room:%u", n);
        if ((atoms[n] = JS_NewAtom(ctx, name)) == JS_ATOM_NULL) {
            JS_FreeValue(ctx, JS_GetException(ctx)); /* no memory: it grows later */
            break;
        }
        n++;
    }
    while (n > 0)
        JS_FreeAtom(ctx, atoms[--n]);
    free(atoms);
}

/* The environment: count strings in a block from wqjs_alloc, which stays. */
WQ_EXPORT("wqjs_set_environ") int32_t wqjs_set_environ(char *block, uint32_t count)
{
    char **env = calloc(count + 1, sizeof(*env));
    if (!env)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        env[i] = block;
        while (*block++)
            ;
    }
    environ = env;
    return 0;
}

/* Closes the files of fds 4 to 3 + opened, and returns a bit for each of 0 to 3
 * (the standard streams and the root) that is not there any more. */
WQ_EXPORT("wqjs_recycle") uint32_t wqjs_recycle(uint32_t opened)
{
    uint32_t lost = 0;
    __wasi_prestat_t st;
    for (uint32_t fd = 4; fd < 4 + opened; fd++)
        (void)!__wasi_fd_close(fd);
    for (uint32_t fd = 0; fd < 4; fd++)
        if (__wasi_fd_prestat_get(fd, &st) == __WASI_ERRNO_BADF)
            lost |= 1u << fd;
    return lost;
}
