/* Go functions that JavaScript calls, and the errors of Go. */
#include <errno.h>
#include "value.h"

static JSClassID func_class, error_class;
static JSAtom error_key; /* of an error that Go made: its error_class object */

enum { PARAMS_ANY = 255 };
/* Kinds of a reply: imports/call/call.go. */
enum { REPLY_VALUE, REPLY_THROW, REPLY_ASYNC };

typedef struct {
    uint32_t id;
    uint32_t handles; /* bit i: parameter i is not copied, the last bit is for the rest */
    uint8_t params;   /* how many it looks at */
} go_func;

JSValue wq_throw_interrupted(JSContext *ctx)
{
    JSValue e = JS_NewInternalError(ctx, "interrupted");
    JS_SetUncatchableError(ctx, e);
    return JS_Throw(ctx, e);
}

static void func_finalizer(JSRuntime *rt, JSValueConst v)
{
    go_func *f = JS_GetOpaque(v, func_class);
    if (f)
        wq_call_release(f->id);
    js_free_rt(rt, f);
}

static void error_finalizer(JSRuntime *rt, JSValueConst v)
{
    uintptr_t id = (uintptr_t)JS_GetOpaque(v, error_class);
    if (id)
        wq_call_release(id);
}

/* A reply of r bytes: in w when it fits, else to be taken. Throws or returns what it says. */
static JSValue receive(JSContext *ctx, wq_writer *w, int32_t r, const char *what)
{
    uint8_t *big = NULL;
    wq_reader rd;
    uint8_t kind = REPLY_VALUE;
    JSValue v;
    if (wq_interrupt || wq.exiting)
        return wq_throw_interrupted(ctx);
    if (r < 0)
        return wq_throw_errno(ctx, r, what, NULL, 0);
    if ((uint32_t)r > w->cap) {
        big = js_malloc(ctx, r);
        if (!big)
            return JS_EXCEPTION;
        if (wq_core_take(big, r) != r) {
            js_free(ctx, big);
            return JS_ThrowInternalError(ctx, "%s: no result", what);
        }
    }
    rd = (wq_reader){ .p = big ? big : w->buf };
    rd.end = rd.p + r;
    v = wq_read_u8(ctx, &rd, &kind) ? wq_read(ctx, &rd) : JS_EXCEPTION;
    js_free(ctx, big);
    if (kind == REPLY_THROW && !JS_IsException(v))
        return JS_Throw(ctx, v);
    return v;
}

/* The callback of an asynchronous Go function's completion: (status, op). */
static JSValue settle(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *data)
{
    wq_writer w;
    int32_t op;
    JSValue v, r;
    bool failed;
    if (JS_ToInt32(ctx, &op, argv[1]))
        return JS_EXCEPTION;
    wq_writer_init(&w);
    v = receive(ctx, &w, wq_call_result(op, w.buf, w.cap), "call");
    failed = JS_IsException(v);
    if (failed) {
        v = JS_GetException(ctx);
        if (JS_IsUncatchableError(v))
            return JS_Throw(ctx, v);
    }
    r = JS_Call(ctx, data[failed], JS_UNDEFINED, 1, (JSValueConst *)&v);
    JS_FreeValue(ctx, v);
    return r;
}

/* The promise of the asynchronous function that was called last. */
static JSValue start(JSContext *ctx)
{
    JSValue resolvers[2], callback, promise = JS_NewPromiseCapability(ctx, resolvers);
    int32_t op, r;
    if (JS_IsException(promise))
        return promise;
    callback = JS_NewCFunctionData(ctx, settle, 2, 0, 2, (JSValueConst *)resolvers);
    op = JS_IsException(callback) ? -1 : wq_event_new_op(ctx, callback);
    r = op < 0 ? -ENOMEM : wq_call_start(op);
    if (r < 0) {
        JSValue e;
        if (op >= 0) {
            wq_event_drop_op(ctx, op);
            wq_throw_errno(ctx, r, "call", NULL, 0);
        }
        e = JS_GetException(ctx);
        JS_FreeValue(ctx, JS_Call(ctx, resolvers[1], JS_UNDEFINED, 1, (JSValueConst *)&e));
        JS_FreeValue(ctx, e);
    }
    JS_FreeValue(ctx, callback);
    JS_FreeValue(ctx, resolvers[0]);
    JS_FreeValue(ctx, resolvers[1]);
    return promise;
}

static JSValue call_go(JSContext *ctx, JSValueConst func, JSValueConst this_val, int argc, JSValueConst *argv, int flags)
{
    go_func *f = JS_GetOpaque(func, func_class);
    wq_writer w;
    int32_t r;
    JSValue v;
    if (f->params != PARAMS_ANY && argc > f->params)
        argc = f->params;
    wq_writer_init(&w);
    for (int i = 0; i < argc; i++) {
        bool deep = !(f->handles >> (i < 31 ? i : 31) & 1);
        if (!wq_write(ctx, &w, argv[i], deep)) {
            wq_writer_free(&w);
            return JS_EXCEPTION;
        }
    }
    wq.in_go++;
    r = wq_call_call(f->id, argc, w.buf, w.len, w.cap);
    wq.in_go--;
    if (r == 1 && w.buf[0] == REPLY_ASYNC)
        v = start(ctx);
    else
        v = receive(ctx, &w, r, "call");
    wq_writer_free(&w);
    return v;
}

JSValue wq_go_function(JSContext *ctx, wq_reader *r)
{
    uint8_t params, length;
    uint32_t id, handles, len;
    const char *name;
    go_func *f;
    JSValue v, proto;
    if (!wq_read_u32(ctx, r, &id) || !wq_read_u8(ctx, r, &params) || !wq_read_u8(ctx, r, &length) ||
        !wq_read_u32(ctx, r, &handles) || !wq_read_text(ctx, r, &name, &len))
        return JS_EXCEPTION;
    proto = JS_GetFunctionProto(ctx);
    v = JS_NewObjectProtoClass(ctx, proto, func_class);
    JS_FreeValue(ctx, proto);
    if (JS_IsException(v))
        return v;
    f = js_malloc(ctx, sizeof(*f));
    if (!f) {
        JS_FreeValue(ctx, v);
        return JS_EXCEPTION;
    }
    *f = (go_func){ .id = id, .handles = handles, .params = params };
    JS_SetOpaque(v, f);
    if (JS_DefinePropertyValueStr(ctx, v, "length", JS_NewInt32(ctx, length), JS_PROP_CONFIGURABLE) < 0 ||
        JS_DefinePropertyValueStr(ctx, v, "name", JS_NewStringLen(ctx, name, len), JS_PROP_CONFIGURABLE) < 0) {
        JS_FreeValue(ctx, v);
        return JS_EXCEPTION;
    }
    return v;
}

int wq_go_error_set(JSContext *ctx, JSValueConst error, uint32_t id)
{
    JSValue v = JS_NewObjectClass(ctx, error_class);
    if (JS_IsException(v))
        return -1;
    JS_SetOpaque(v, (void *)(uintptr_t)id);
    return JS_DefinePropertyValue(ctx, error, error_key, v, 0);
}

uint32_t wq_go_error_get(JSContext *ctx, JSValueConst error)
{
    JSPropertyDescriptor desc;
    uint32_t id;
    if (!JS_IsError(error) || JS_GetOwnProperty(ctx, &desc, error, error_key) <= 0)
        return 0;
    id = (uintptr_t)JS_GetOpaque(desc.value, error_class);
    JS_FreeValue(ctx, desc.value);
    JS_FreeValue(ctx, desc.getter);
    JS_FreeValue(ctx, desc.setter);
    return id;
}

int wq_init_calls(JSContext *ctx)
{
    static const JSClassDef func_def = { .class_name = "Function", .finalizer = func_finalizer, .call = call_go };
    static const JSClassDef error_def = { .class_name = "GoError", .finalizer = error_finalizer };
    JSValue key = JS_NewSymbol(ctx, "go.error", false);
    JS_NewClassID(wq.rt, &func_class);
    JS_NewClassID(wq.rt, &error_class);
    error_key = JS_ValueToAtom(ctx, key);
    JS_FreeValue(ctx, key);
    return error_key == JS_ATOM_NULL || JS_NewClass(wq.rt, func_class, &func_def) < 0 ||
           JS_NewClass(wq.rt, error_class, &error_def) < 0 || wq_init_values(ctx) < 0;
}
