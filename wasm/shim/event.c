/* Timers, fd readiness and completions: the guest's half of the event loop.
 * The host decides when; these tables only know which function to call. */
#include <errno.h>
#include "wqjs.h"

enum { EV_TIMER = 1, EV_FD = 2, EV_OP = 3, EV_SHUTDOWN = 4 };

typedef struct {
    JSValue func; /* JS_UNDEFINED: free slot */
    JSValue args; /* array or undefined */
    int32_t next; /* free list */
    uint16_t gen; /* makes an id of a freed slot stale */
    bool repeat;
} slot;

typedef struct {
    slot *slots;
    int32_t len, cap, free;
} table;

/* An id is generation:12 | index:19, so that ids stay positive. */
#define INDEX_BITS 19
#define MAX_SLOTS (1 << INDEX_BITS)

static table timers = { .free = -1 }, ops = { .free = -1 };
/* Who is told of an fd: a function of JavaScript, or of the shim. */
typedef struct {
    JSValue func;
    wq_watch_fn native;
    void *opaque;
    int32_t gen; /* of the watch: events of others are of a closed fd with this number */
} watcher;
static watcher *watchers; /* by fd - WQ_FD_BASE */
static int32_t watchers_cap;
static JSValue shutdown_func; /* 0 before it is set, which is no object */

static int32_t slot_new(JSContext *ctx, table *t, JSValueConst func, JSValueConst args, bool repeat)
{
    int32_t i = t->free;
    if (i >= 0) {
        t->free = t->slots[i].next;
    } else {
        if (t->len == t->cap) {
            int32_t cap = t->cap ? t->cap * 2 : 64;
            slot *n;
            if (cap > MAX_SLOTS) {
                JS_ThrowRangeError(ctx, "too many pending timers or operations (limit %d)", MAX_SLOTS);
                return -1;
            }
            n = js_realloc(ctx, t->slots, sizeof(slot) * cap);
            if (!n)
                return -1;
            t->slots = n;
            t->cap = cap;
        }
        i = t->len++;
        t->slots[i].gen = 0;
    }
    t->slots[i].func = JS_DupValue(ctx, func);
    t->slots[i].args = JS_DupValue(ctx, args);
    t->slots[i].repeat = repeat;
    return (int32_t)(t->slots[i].gen & 0xfff) << INDEX_BITS | i;
}

static slot *slot_get(table *t, int32_t id)
{
    int32_t i = id & (MAX_SLOTS - 1);
    if (id < 0 || i >= t->len)
        return NULL;
    if ((t->slots[i].gen & 0xfff) != id >> INDEX_BITS || JS_IsUndefined(t->slots[i].func))
        return NULL;
    return &t->slots[i];
}

static void slot_free(JSContext *ctx, table *t, slot *s)
{
    JSValue func = s->func, args = s->args;
    s->func = JS_UNDEFINED;
    s->args = JS_UNDEFINED;
    s->gen++;
    s->next = t->free;
    t->free = s - t->slots;
    JS_FreeValue(ctx, func);
    JS_FreeValue(ctx, args);
}

int32_t wq_event_new_op(JSContext *ctx, JSValueConst callback)
{
    return slot_new(ctx, &ops, callback, JS_UNDEFINED, false);
}

void wq_event_drop_op(JSContext *ctx, int32_t id)
{
    slot *s = slot_get(&ops, id);
    if (s)
        slot_free(ctx, &ops, s);
}

int32_t wq_event_timer(JSContext *ctx, JSValueConst func, JSValueConst args, double delay, bool repeat)
{
    int32_t id = slot_new(ctx, &timers, func, args, repeat), r;
    if (id < 0)
        return -1;
    r = wq_event_timer_start(id, delay, repeat);
    if (r < 0) {
        slot_free(ctx, &timers, slot_get(&timers, id));
        wq_throw_errno(ctx, r, "setTimeout", NULL, 0);
        return -1;
    }
    return id;
}

void wq_event_timer_end(JSContext *ctx, int32_t id)
{
    slot *s = slot_get(&timers, id);
    if (s) {
        wq_event_timer_stop(id);
        slot_free(ctx, &timers, s);
    }
}

/* timerStart(callback, delayMs, repeat, args) -> id */
static JSValue timer_start(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    double delay;
    int32_t id;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "the callback is not a function");
    if (JS_ToFloat64(ctx, &delay, argv[1]))
        return JS_EXCEPTION;
    id = wq_event_timer(ctx, argv[0], JS_IsArray(argv[3]) ? argv[3] : JS_UNDEFINED, delay, JS_ToBool(ctx, argv[2]));
    return id < 0 ? JS_EXCEPTION : JS_NewInt32(ctx, id + 1); /* ids seen by scripts start at 1 */
}

static JSValue timer_stop(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    if (id > 0)
        wq_event_timer_end(ctx, id - 1);
    return JS_UNDEFINED;
}

static JSValue timer_ref(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    if (id > 0 && slot_get(&timers, id - 1))
        wq_event_timer_ref(id - 1, JS_ToBool(ctx, argv[1]));
    return JS_UNDEFINED;
}

/* Room for the watcher of fd, watched from now on; its generation or a negated
 * errno. */
static int32_t start_watch(JSContext *ctx, int32_t fd, watcher **w)
{
    int32_t i = fd - WQ_FD_BASE;
    if (i < 0 || i >= WQ_FD_MAX)
        return -EBADF;
    if (i >= watchers_cap) {
        int32_t cap = watchers_cap ? watchers_cap : 64;
        watcher *n;
        while (cap <= i)
            cap *= 2;
        n = js_realloc(ctx, watchers, sizeof(*n) * cap);
        if (!n) {
            JS_FreeValue(ctx, JS_GetException(ctx));
            return -ENOMEM;
        }
        for (int32_t k = watchers_cap; k < cap; k++)
            n[k] = (watcher){ .func = JS_UNDEFINED };
        watchers = n;
        watchers_cap = cap;
    }
    *w = &watchers[i];
    return wq_event_watch(fd);
}

/* watch(fd, callback): callback(events) on every change of readiness (edge
 * triggered), until unwatch or close. */
static JSValue watch(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd, r;
    watcher *w;
    JSValue old;
    if (JS_ToInt32(ctx, &fd, argv[0]))
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[1]))
        return JS_ThrowTypeError(ctx, "the callback is not a function");
    r = start_watch(ctx, fd, &w);
    if (r < 0)
        return wq_throw_errno(ctx, r, "watch", NULL, 0);
    old = w->func;
    *w = (watcher){ .func = JS_DupValue(ctx, argv[1]), .gen = r };
    JS_FreeValue(ctx, old);
    return JS_UNDEFINED;
}

int32_t wq_event_watch_native(JSContext *ctx, int32_t fd, wq_watch_fn native, void *opaque)
{
    watcher *w;
    int32_t r = start_watch(ctx, fd, &w);
    JSValue old;
    if (r < 0)
        return r;
    old = w->func;
    *w = (watcher){ .func = JS_UNDEFINED, .native = native, .opaque = opaque, .gen = r };
    JS_FreeValue(ctx, old);
    return 0;
}

void wq_event_forget(JSContext *ctx, int32_t fd)
{
    int32_t i = fd - WQ_FD_BASE;
    if (i >= 0 && i < watchers_cap) {
        JSValue v = watchers[i].func;
        watchers[i] = (watcher){ .func = JS_UNDEFINED };
        JS_FreeValue(ctx, v);
    }
}

static JSValue unwatch(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd;
    if (JS_ToInt32(ctx, &fd, argv[0]))
        return JS_EXCEPTION;
    wq_event_unwatch(fd);
    wq_event_forget(ctx, fd);
    return JS_UNDEFINED;
}

static JSValue watch_ref(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd;
    if (JS_ToInt32(ctx, &fd, argv[0]))
        return JS_EXCEPTION;
    wq_event_watch_ref(fd, JS_ToBool(ctx, argv[1]));
    return JS_UNDEFINED;
}

/* onShutdown(callback): called when the host asks the program to end by itself;
 * null when nothing wants to be asked. */
static JSValue on_shutdown(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue old = shutdown_func;
    bool on = JS_IsFunction(ctx, argv[0]);
    shutdown_func = on ? JS_DupValue(ctx, argv[0]) : JS_NULL;
    if (JS_IsObject(old))
        JS_FreeValue(ctx, old);
    wq_event_handle_shutdown(on);
    return JS_UNDEFINED;
}

/* Runs what an event asks for; -1 with a pending exception. */
int wq_dispatch_event(JSContext *ctx, int32_t kind, int32_t id, int32_t a, int32_t b)
{
    JSValue func, ret;
    if (kind == EV_TIMER) {
        slot *s = slot_get(&timers, id);
        JSValue args;
        if (!s)
            return 0; /* stopped meanwhile */
        func = JS_DupValue(ctx, s->func);
        args = JS_DupValue(ctx, s->args);
        if (!s->repeat)
            slot_free(ctx, &timers, s);
        if (JS_IsUndefined(args)) {
            ret = JS_Call(ctx, func, JS_UNDEFINED, 0, NULL);
        } else {
            int64_t n = 0;
            JSValue *argv;
            if (JS_GetLength(ctx, args, &n) < 0 || !(argv = js_calloc(ctx, n + 1, sizeof(JSValue)))) {
                JS_FreeValue(ctx, func);
                JS_FreeValue(ctx, args);
                return -1;
            }
            for (int64_t i = 0; i < n; i++)
                argv[i] = JS_GetPropertyInt64(ctx, args, i);
            ret = JS_Call(ctx, func, JS_UNDEFINED, n, argv);
            for (int64_t i = 0; i < n; i++)
                JS_FreeValue(ctx, argv[i]);
            js_free(ctx, argv);
            JS_FreeValue(ctx, args);
        }
    } else if (kind == EV_FD) {
        int32_t i = id - WQ_FD_BASE;
        JSValue arg = JS_NewInt32(ctx, a);
        if (i < 0 || i >= watchers_cap || watchers[i].gen != b)
            return 0;
        if (watchers[i].native) {
            watchers[i].native(ctx, watchers[i].opaque, a);
            return 0;
        }
        if (JS_IsUndefined(watchers[i].func))
            return 0; /* closed meanwhile */
        func = JS_DupValue(ctx, watchers[i].func);
        ret = JS_Call(ctx, func, JS_UNDEFINED, 1, &arg);
    } else if (kind == EV_OP) {
        slot *s = slot_get(&ops, id);
        JSValue argv[2] = { JS_NewInt32(ctx, a), JS_NewInt32(ctx, id) };
        if (!s)
            return 0;
        func = JS_DupValue(ctx, s->func);
        slot_free(ctx, &ops, s);
        ret = JS_Call(ctx, func, JS_UNDEFINED, 2, argv);
    } else if (kind == EV_SHUTDOWN && JS_IsObject(shutdown_func)) {
        func = JS_DupValue(ctx, shutdown_func);
        ret = JS_Call(ctx, func, JS_UNDEFINED, 0, NULL);
    } else {
        return 0;
    }
    JS_FreeValue(ctx, func);
    if (JS_IsException(ret))
        return -1;
    JS_FreeValue(ctx, ret);
    return 0;
}

const JSCFunctionListEntry wq_event_funcs[] = {
    JS_CFUNC_DEF("timerStart", 4, timer_start),
    JS_CFUNC_DEF("timerStop", 1, timer_stop),
    JS_CFUNC_DEF("timerRef", 2, timer_ref),
    JS_CFUNC_DEF("watch", 2, watch),
    JS_CFUNC_DEF("unwatch", 1, unwatch),
    JS_CFUNC_DEF("watchRef", 2, watch_ref),
    JS_CFUNC_DEF("onShutdown", 1, on_shutdown),
};
const int wq_event_funcs_len = countof(wq_event_funcs);
