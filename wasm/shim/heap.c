/* Watches the heap of a worker of `wqjs serve`. When the script keeps nearly all
 * of it, nothing works any more for long: the command is told, which puts another
 * worker in its place, and the rest of the memory is for what is in flight. */
#include <string.h>
#include "http_server.h"

#define DONTWAIT 0x40
enum { PAUSE = 1000000 }; /* microseconds between two collections */

static int32_t told_over = -1; /* fd of the command's socket */
static bool ran_out;           /* a request failed for want of memory */
static uint64_t not_before;

/* Whether the heap is larger than that: then there is no byte within it. */
static bool is_above(uint32_t size)
{
    void *p;
    JS_SetMemoryLimit(wq.rt, size);
    p = js_malloc_rt(wq.rt, 1);
    js_free_rt(wq.rt, p);
    JS_SetMemoryLimit(wq.rt, wq_heap_limit);
    return !p;
}

void wq_heap_check(void)
{
    uint32_t most = ran_out ? wq_heap_limit / 2 : wq_heap_limit - wq_heap_limit / 8;
    if (told_over < 0 || !is_above(most) || http_now() < not_before)
        return;
    JS_RunGC(wq.rt);
    not_before = http_now() + PAUSE;
    ran_out = false;
    if (!is_above(most) || wq_send(told_over, "full\n", 5, DONTWAIT) != 5)
        return;
    told_over = -1;
    wq_heap_limit += (wq_memory_limit - wq_heap_limit) / 2;
    JS_SetMemoryLimit(wq.rt, wq_heap_limit);
}

/* watchHeap(fd): the line "full" is sent there, once */
static JSValue watch_heap(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd;
    if (JS_ToInt32(ctx, &fd, argv[0]))
        return JS_EXCEPTION;
    told_over = wq_heap_limit ? fd : -1;
    return JS_UNDEFINED;
}

/* noteFailure(error): a request failed with it */
static JSValue note_failure(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue v;
    const char *s;
    if (told_over < 0 || !JS_IsError(argv[0]))
        return JS_UNDEFINED;
    v = JS_GetPropertyStr(ctx, argv[0], "message");
    s = JS_IsString(v) ? JS_ToCString(ctx, v) : NULL;
    if (s && strcmp(s, "out of memory") == 0)
        ran_out = true;
    if (!s)
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeCString(ctx, s);
    JS_FreeValue(ctx, v);
    return JS_UNDEFINED;
}

const JSCFunctionListEntry wq_heap_funcs[] = {
    JS_CFUNC_DEF("watchHeap", 1, watch_heap),
    JS_CFUNC_DEF("noteFailure", 1, note_failure),
};
const int wq_heap_funcs_len = countof(wq_heap_funcs);
