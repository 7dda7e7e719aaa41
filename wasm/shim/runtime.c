/* Life of the runtime: init, eval, dispatch, errors. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "quickjs-libc.h"
#include "value.h"

_Alignas(32) wq_state wq; /* in one page: see wqjs_start */
volatile uint32_t wq_interrupt;

typedef struct {
    int32_t kind, id, a, b;
} wq_event;

#define RING_CAP 256
static wq_event ring[RING_CAP];

/* Addresses the host reads once, after init. */
static struct {
    uint32_t interrupt, ring, ring_cap, memory_end, inbox, inbox_size;
} layout;
extern uint32_t wq_memory_end;

static JSValue main_promise;
static bool main_reported;

/* Rejected promises nobody handles yet. */
typedef struct {
    JSValue promise, reason;
} rejection;
static rejection *rejections;
static int rejections_len, rejections_cap;

static char *error_record;
static size_t error_len, error_cap;

/* ---- error records: fields as u32 length + bytes ---- */

enum { FIELD_MAX = 64 * 1024 };

static void record_put(const char *p, size_t len)
{
    uint32_t n;
    if (len > FIELD_MAX)
        len = FIELD_MAX;
    n = len;
    if (error_cap - error_len < len + 4) {
        size_t cap = (error_len + len + 4) * 2;
        char *r = realloc(error_record, cap);
        if (!r)
            return;
        error_record = r;
        error_cap = cap;
    }
    memcpy(error_record + error_len, &n, 4);
    memcpy(error_record + error_len + 4, p, len);
    error_len += len + 4;
}

static void record_value(JSContext *ctx, JSValueConst v)
{
    size_t len;
    const char *s = NULL;
    if (!JS_IsUndefined(v) && !JS_IsNull(v) && !JS_IsException(v))
        s = wq_utf8(ctx, v, &len);
    if (s) {
        record_put(s, len);
        JS_FreeCString(ctx, s);
    } else {
        JS_FreeValue(ctx, JS_GetException(ctx));
        record_put("", 0);
    }
}

static void record_prop(JSContext *ctx, JSValueConst obj, const char *prop)
{
    JSValue v = JS_GetPropertyStr(ctx, obj, prop);
    record_value(ctx, v);
    JS_FreeValue(ctx, v);
}

/* Whether an error has more to show than name, message and stack. */
static bool has_details(JSContext *ctx, JSValueConst exc)
{
    static const char *const hidden[] = { "cause", "errors" };
    JSPropertyEnum *tab;
    uint32_t n;
    if (JS_GetOwnPropertyNames(ctx, &tab, &n, exc, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    JS_FreePropertyEnum(ctx, tab, n);
    for (size_t i = 0; i < countof(hidden) && n == 0; i++) {
        JSAtom atom = JS_NewAtom(ctx, hidden[i]);
        n = JS_GetOwnProperty(ctx, NULL, exc, atom) > 0;
        JS_FreeAtom(ctx, atom);
    }
    return n > 0;
}

/* The value as console.log shows it. */
static void record_inspected(JSContext *ctx, JSValueConst exc)
{
    JSValue ns = wq_import_now(ctx, "wqjs:internal/globals/inspect");
    JSValue func = JS_IsException(ns) ? JS_UNDEFINED : JS_GetPropertyStr(ctx, ns, "inspect");
    JSValue text = JS_Call(ctx, func, JS_UNDEFINED, 1, &exc);
    record_value(ctx, text);
    JS_FreeValue(ctx, text);
    JS_FreeValue(ctx, func);
    JS_FreeValue(ctx, ns);
}

/* Fields: flags, name, message, stack, code, errno, syscall, text, the host's error. */
static void record_error(JSContext *ctx, JSValueConst exc, bool in_promise)
{
    bool is_error = JS_IsError(exc);
    uint32_t go;
    char flags[2] = { is_error ? 'E' : 'V', in_promise ? 'p' : ' ' };
    error_len = 0;
    record_put(flags, 2);
    if (is_error) {
        record_prop(ctx, exc, "name");
        record_prop(ctx, exc, "message");
        record_prop(ctx, exc, "stack");
        record_prop(ctx, exc, "code");
        record_prop(ctx, exc, "errno");
        record_prop(ctx, exc, "syscall");
    } else {
        for (int i = 0; i < 6; i++)
            record_put("", 0);
    }
    if (!is_error || has_details(ctx, exc))
        record_inspected(ctx, exc);
    else
        record_put("", 0);
    go = wq_go_error_get(ctx, exc);
    record_put((const char *)&go, sizeof(go));
}

/* What the record tells of; it keeps the host's error alive. */
static JSValue reported;

/* Turns the pending exception into a status. */
int32_t wq_take_exception(JSContext *ctx, bool in_promise)
{
    JSValue exc = JS_GetException(ctx);
    int32_t status = WQ_EXCEPTION;
    if (wq.exiting) {
        status = WQ_EXIT;
    } else if (wq_interrupt) {
        status = WQ_INTERRUPTED;
    } else {
        record_error(ctx, exc, in_promise);
        JS_FreeValue(ctx, reported);
        reported = exc;
        exc = JS_UNDEFINED;
    }
    JS_FreeValue(ctx, exc);
    fflush(NULL);
    return status;
}

WQ_EXPORT("wqjs_error") const char *wqjs_error(void) { return error_record; }
WQ_EXPORT("wqjs_error_len") uint32_t wqjs_error_len(void) { return error_len; }
WQ_EXPORT("wqjs_exit_code") int32_t wqjs_exit_code(void) { return wq.exit_code; }

/* ---- engine hooks ---- */

/* Builtins that work long without a poll (parsing, splitting, freeing) mostly
 * allocate: the allocator ticks as well, by the bytes, as most of them are then
 * written. When the script is to stop and no poll comes, it refuses memory, so
 * that they fail; the engine then finds out why (JS_ThrowOutOfMemory polls). */
enum { TICK_EVERY = 128, TICK_BYTES = 8192, LATE = 4 };
static uint32_t late; /* ticks since the first that said so, without a poll */

static bool tick(size_t bytes)
{
    static uint32_t work;
    work += 1 + bytes / TICK_BYTES;
    if (work >= TICK_EVERY) {
        late = wq_tick() ? late + work / TICK_EVERY : 0;
        work = 0;
    }
    return late >= LATE;
}

static void *tick_calloc(void *opaque, size_t count, size_t size)
{
    return tick(count * size) ? NULL : calloc(count, size);
}

static void *tick_malloc(void *opaque, size_t size)
{
    return tick(size) ? NULL : malloc(size);
}

static void tick_free(void *opaque, void *p)
{
    tick(0);
    free(p);
}

static void *tick_realloc(void *opaque, void *p, size_t size)
{
    return tick(size) ? NULL : realloc(p, size);
}

static size_t usable_size(const void *p) { return malloc_usable_size((void *)p); }

static const JSMallocFunctions allocator = { tick_calloc, tick_malloc, tick_free, tick_realloc, usable_size };

static int on_interrupt(JSRuntime *rt, void *opaque)
{
    late = 0;
    return wq_tick() || wq_interrupt != 0 || wq.exiting;
}

static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason,
                         bool is_handled, void *opaque)
{
    if (JS_IsUncatchableError(reason))
        return; /* what was cut off rejects promises, which is no news */
    if (!is_handled) {
        if (rejections_len == rejections_cap) {
            int cap = rejections_cap ? rejections_cap * 2 : 16;
            /* js_realloc polls when there is no memory: the interrupt that it throws
             * must not be lost here. */
            rejection *r = js_realloc_rt(wq.rt, rejections, cap * sizeof(*r));
            if (!r)
                return;
            rejections = r;
            rejections_cap = cap;
        }
        rejections[rejections_len++] = (rejection){ JS_DupValue(ctx, promise), JS_DupValue(ctx, reason) };
        return;
    }
    wq_forget_rejection(ctx, promise);
}

void wq_forget_rejection(JSContext *ctx, JSValueConst promise)
{
    for (int i = rejections_len - 1; i >= 0; i--) {
        if (JS_IsStrictEqual(ctx, rejections[i].promise, promise)) {
            rejection r = rejections[i];
            memmove(&rejections[i], &rejections[i + 1], (--rejections_len - i) * sizeof(r));
            JS_FreeValue(ctx, r.promise);
            JS_FreeValue(ctx, r.reason);
            return;
        }
    }
}

/* ---- exports ---- */

WQ_EXPORT("wqjs_alloc") void *wqjs_alloc(uint32_t len) { return malloc(len); }
WQ_EXPORT("wqjs_free") void wqjs_free(void *p) { free(p); }

WQ_EXPORT("wqjs_layout") const void *wqjs_layout(void)
{
    layout.interrupt = (uint32_t)&wq_interrupt;
    layout.ring = (uint32_t)ring;
    layout.ring_cap = RING_CAP;
    layout.memory_end = (uint32_t)&wq_memory_end;
    layout.inbox = (uint32_t)wq_inbox(&layout.inbox_size);
    return &layout;
}

/* wasi-libc keeps the working folder in the program and lets chdir in only
 * where the folder can be looked at; the start does not need a grant. */
extern char *__wasilibc_cwd;
WQ_EXPORT("wqjs_set_cwd") void wqjs_set_cwd(const char *dir) { __wasilibc_cwd = strdup(dir); }

/* A limit of 0 leaves the engine's default. */
WQ_EXPORT("wqjs_init") int32_t wqjs_init(uint32_t memory_limit, uint32_t stack_size)
{
    if (wq.rt)
        return -EALREADY;
    /* wasi-libc reads the zone once; scripts see UTC unless TZ is granted. */
    wq.rt = JS_NewRuntime2(&allocator, NULL);
    if (!wq.rt)
        return -ENOMEM;
    if (memory_limit)
        JS_SetMemoryLimit(wq.rt, memory_limit);
    if (stack_size)
        JS_SetMaxStackSize(wq.rt, stack_size);
    js_std_init_handlers(wq.rt);
    wq.ctx = JS_NewContext(wq.rt);
    if (!wq.ctx)
        return -ENOMEM;
    main_promise = reported = JS_UNDEFINED;
    JS_SetInterruptHandler(wq.rt, on_interrupt, NULL);
    JS_SetHostPromiseRejectionTracker(wq.rt, on_rejection, NULL);
    wq_init_loader(wq.rt);
    if (wq_init_bytes(wq.ctx) || wq_init_calls(wq.ctx) || wq_init_module_native(wq.ctx) || wq_init_module_sockets(wq.ctx) ||
        wq_init_module_http(wq.ctx) || wq_init_module_ws(wq.ctx) ||
        !js_init_module_std(wq.ctx, "wqjs:internal/std") ||
        !js_init_module_os(wq.ctx, "wqjs:internal/os"))
        return -ENOMEM;
    return 0;
}

/* A call from within a Go function goes on with the stack it has. */
static void update_stack_top(void)
{
    if (!wq.in_go)
        JS_UpdateStackTop(wq.rt);
}

/* Runs microtasks. The program may end with any turn of the loop: what std.puts
 * and its like left in buffers is written out after each. */
int32_t wq_drain(JSContext *ctx)
{
    JSContext *c;
    if (wq.in_go)
        return WQ_OK; /* JavaScript is running: its jobs come after it */
    for (;;) {
        int r = JS_ExecutePendingJob(wq.rt, &c);
        if (r < 0) {
            JSValue exc = JS_GetException(ctx);
            if (JS_IsUncatchableError(exc) && !wq_interrupt && !wq.exiting) {
                JS_FreeValue(ctx, exc); /* of an earlier call, which reported it */
                continue;
            }
            JS_Throw(ctx, exc);
            return wq_take_exception(ctx, false);
        }
        if (wq.exiting)
            return WQ_EXIT;
        if (wq_interrupt)
            return WQ_INTERRUPTED;
        if (r == 0 && !wq_http_turn())
            break;
    }
    wq_heap_check();
    http_log_flush();
    fflush(NULL);
    if (!main_reported && JS_PromiseState(ctx, main_promise) == JS_PROMISE_REJECTED) {
        JSValue reason = JS_PromiseResult(ctx, main_promise);
        main_reported = true;
        if (!JS_IsUncatchableError(reason)) {
            JS_Throw(ctx, reason);
            return wq_take_exception(ctx, false);
        }
        JS_FreeValue(ctx, reason); /* interrupted or exited in an earlier call, which reported it */
    }
    if (rejections_len > 0) {
        rejection r = rejections[0];
        memmove(&rejections[0], &rejections[1], --rejections_len * sizeof(r));
        JS_FreeValue(ctx, r.promise);
        JS_Throw(ctx, r.reason);
        return wq_take_exception(ctx, true);
    }
    return WQ_OK;
}

/* Runs microtasks until none is left, then reports a rejection nobody handled. */
WQ_EXPORT("wqjs_jobs") int32_t wqjs_jobs(void)
{
    update_stack_top();
    return wq_drain(wq.ctx);
}

enum { EVAL_MODULE = 1, EVAL_MAIN = 2 };

/* Evaluates source (NUL-ended at len) and drains the jobs. WQ_PENDING when the
 * module's promise waits for events. */
WQ_EXPORT("wqjs_eval")
int32_t wqjs_eval(const char *source, uint32_t len, const char *name, uint32_t flags)
{
    JSContext *ctx = wq.ctx;
    JSValue v;
    int32_t r;
    update_stack_top();
    if (!(flags & EVAL_MODULE)) {
        v = JS_Eval(ctx, source, len, name, JS_EVAL_TYPE_GLOBAL);
        if (JS_IsException(v))
            return wq_take_exception(ctx, false);
        JS_FreeValue(ctx, v);
        return wq_drain(ctx);
    }
    v = JS_Eval(ctx, source, len, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(v))
        return wq_take_exception(ctx, false);
    if (wq_module_set_meta(ctx, JS_VALUE_GET_PTR(v), flags & EVAL_MAIN)) {
        JS_FreeValue(ctx, v);
        return wq_take_exception(ctx, false);
    }
    v = JS_EvalFunction(ctx, v);
    if (JS_IsException(v))
        return wq_take_exception(ctx, false);
    JS_FreeValue(ctx, main_promise);
    main_promise = v;
    main_reported = false;
    JS_PromiseMarkAsHandled(ctx, v);
    r = wq_drain(ctx);
    if (r == WQ_OK && JS_PromiseState(ctx, main_promise) == JS_PROMISE_PENDING)
        return WQ_PENDING;
    return r;
}

/* Whether the last evaluated module still waits. */
WQ_EXPORT("wqjs_pending") int32_t wqjs_pending(void)
{
    return JS_PromiseState(wq.ctx, main_promise) == JS_PROMISE_PENDING;
}

/* Handles events [from, n) of the ring, microtasks after each. Returns
 * status << 16 | index of the first event not handled. */
WQ_EXPORT("wqjs_dispatch") int32_t wqjs_dispatch(uint32_t from, uint32_t n)
{
    JSContext *ctx = wq.ctx;
    update_stack_top();
    if (n > RING_CAP)
        n = RING_CAP;
    while (from < n) {
        wq_event e = ring[from++];
        int32_t status;
        if (wq_dispatch_event(ctx, e.kind, e.id, e.a, e.b) < 0)
            status = wq_take_exception(ctx, false);
        else
            status = wq_drain(ctx);
        if (status != WQ_OK)
            return status << 16 | from;
    }
    return from;
}

/* Clears the interrupt flag and std.exit's mark, so that the sandbox may run on. */
WQ_EXPORT("wqjs_resume") void wqjs_resume(void)
{
    if (wq_interrupt || wq.exiting) { /* as are those of catch blocks on the way out */
        main_reported = true;
        while (rejections_len > 0) {
            rejection r = rejections[--rejections_len];
            JS_FreeValue(wq.ctx, r.promise);
            JS_FreeValue(wq.ctx, r.reason);
        }
    }
    JS_FreeValue(wq.ctx, JS_GetException(wq.ctx)); /* the last poll's, which nobody took */
    wq_interrupt = 0;
    wq.exiting = false;
    late = 0;
}

WQ_EXPORT("wqjs_memory_used") uint32_t wqjs_memory_used(void)
{
    JSMemoryUsage u;
    JS_ComputeMemoryUsage(wq.rt, &u);
    return u.malloc_size;
}

/* The memory is about to be copied: what is garbage goes, and what is nearly full
 * grows now instead of in each copy. */
WQ_EXPORT("wqjs_settle") void wqjs_settle(void)
{
    update_stack_top();
    wq_room_for_atoms(wq.ctx);
    JS_RunGC(wq.rt);
}
