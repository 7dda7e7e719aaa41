/* Operations on JavaScript that the host asks for. */
#include <stdlib.h>
#include <string.h>
#include "value.h"

/* host/ops.go has the same list. */
enum { OP_CALL = 1, OP_NEW, OP_GET, OP_SET, OP_KEYS, OP_LENGTH, OP_READ, OP_JSON, OP_IMPORT, OP_SETTLE, OP_EVAL, OP_RELEASE, OP_ITERATE, OP_LIMIT };
enum { OP_MASK = 0xff, OP_DEEP = 0x100, OP_PATH = 0x200, OP_AWAIT = 0x400 };

#define ALL_HANDLES UINT32_MAX /* as the target of OP_RELEASE */

enum { FEW_ARGS = 16 };

static uint8_t inbox[4096]; /* small messages of the host */
static uint8_t outbox[512];
static uint8_t *big_out;

void *wq_inbox(uint32_t *size)
{
    *size = sizeof(inbox);
    return inbox;
}

/* A result: status:4 | length:28 | address:32. */
static uint64_t result(int32_t status, uint32_t len, uint32_t p)
{
    return (uint64_t)status << 60 | (uint64_t)len << 32 | p;
}

/* The pending exception as a result, whose address is a handle to it, or 0. */
static uint64_t failed(JSContext *ctx)
{
    JSValue exc = JS_GetException(ctx);
    uint32_t h = JS_IsUncatchableError(exc) ? 0 : wq_handle_new(ctx, exc);
    int32_t status;
    JS_Throw(ctx, exc);
    status = wq_take_exception(ctx, false);
    if (status != WQ_EXCEPTION)
        wq_handle_drop(ctx, h);
    return result(status, 0, status == WQ_EXCEPTION ? h : 0);
}

/* Sends v, which it frees. */
static uint64_t reply(JSContext *ctx, JSValue v, bool deep)
{
    wq_writer w;
    uint64_t r;
    wq_writer_init(&w);
    if (!wq_write(ctx, &w, v, deep)) {
        wq_writer_free(&w);
        JS_FreeValue(ctx, v);
        if (!w.fault)
            return failed(ctx);
        JS_FreeValue(ctx, JS_GetException(ctx));
        return result(WQ_FAULT, 0, w.fault);
    }
    JS_FreeValue(ctx, v);
    if (w.buf == w.own) {
        memcpy(outbox, w.own, w.len);
        return result(WQ_OK, w.len, (uint32_t)outbox);
    }
    r = result(WQ_OK, w.len, (uint32_t)w.buf);
    big_out = w.buf;
    return r;
}

/* A promise whose state is asked for: its rejection is no news to anybody else. */
static void own_promise(JSContext *ctx, JSValueConst promise)
{
    JS_PromiseMarkAsHandled(ctx, promise);
    wq_forget_rejection(ctx, promise);
}

/* Runs the jobs and sends v, or what the promise v became. */
static uint64_t finish(JSContext *ctx, JSValue v, uint32_t op)
{
    bool promise = op & OP_AWAIT && JS_IsPromise(v);
    int32_t status;
    if (JS_IsException(v))
        return failed(ctx);
    if (promise)
        own_promise(ctx, v);
    status = wq_drain(ctx);
    if (status != WQ_OK) {
        JS_FreeValue(ctx, v);
        return result(status, 0, 0);
    }
    if (promise) {
        JSPromiseStateEnum state = JS_PromiseState(ctx, v);
        JSValue settled;
        if (state == JS_PROMISE_PENDING) {
            uint32_t h = wq_handle_new(ctx, v);
            JS_FreeValue(ctx, v);
            return h ? result(WQ_PENDING, 0, h) : result(WQ_FAULT, 0, FAULT_HANDLES);
        }
        settled = JS_PromiseResult(ctx, v);
        JS_FreeValue(ctx, v);
        if (state == JS_PROMISE_REJECTED) {
            JS_Throw(ctx, settled);
            return failed(ctx);
        }
        v = settled;
    }
    return reply(ctx, v, op & OP_DEEP);
}

/* ---- calls ---- */

static bool args_read(JSContext *ctx, wq_reader *r, uint32_t *argc, JSValue **argv, JSValue *few)
{
    uint32_t n;
    if (!wq_read_u32(ctx, r, argc))
        return false;
    if (*argc > (size_t)(r->end - r->p)) {
        JS_ThrowTypeError(ctx, "malformed value");
        return false;
    }
    *argv = *argc <= FEW_ARGS ? few : js_malloc(ctx, *argc * sizeof(JSValue));
    if (!*argv)
        return false;
    for (n = 0; n < *argc; n++) {
        (*argv)[n] = wq_read(ctx, r);
        if (JS_IsException((*argv)[n])) {
            while (n > 0)
                JS_FreeValue(ctx, (*argv)[--n]);
            if (*argv != few)
                js_free(ctx, *argv);
            return false;
        }
    }
    return true;
}

static JSValue not_function(JSContext *ctx, const wq_path *p)
{
    const char *name = p->len ? JS_AtomToCString(ctx, p->atoms[p->len - 1]) : NULL;
    JSValue e = name ? JS_ThrowTypeError(ctx, "%.200s is not a function", name)
                     : JS_ThrowTypeError(ctx, "the value is not a function");
    JS_FreeCString(ctx, name);
    return e;
}

static JSValue op_call(JSContext *ctx, wq_reader *r, uint32_t op, JSValue target, bool global)
{
    wq_path p;
    uint32_t argc;
    JSValue few[FEW_ARGS], *argv, func, owner, v;
    if (!wq_path_read(ctx, r, op & OP_PATH, &p)) {
        JS_FreeValue(ctx, target);
        return JS_EXCEPTION;
    }
    if (!args_read(ctx, r, &argc, &argv, few)) {
        wq_path_free(ctx, &p);
        JS_FreeValue(ctx, target);
        return JS_EXCEPTION;
    }
    func = wq_path_walk(ctx, target, global, &p, p.len, &owner);
    if (JS_IsException(func))
        v = func;
    else if (!JS_IsFunction(ctx, func))
        v = not_function(ctx, &p);
    else if ((op & OP_MASK) == OP_NEW)
        v = JS_CallConstructor(ctx, func, argc, (JSValueConst *)argv);
    else
        v = JS_Call(ctx, func, p.len > 1 || !global ? owner : JS_UNDEFINED, argc, (JSValueConst *)argv);
    JS_FreeValue(ctx, func);
    JS_FreeValue(ctx, owner);
    for (uint32_t i = 0; i < argc; i++)
        JS_FreeValue(ctx, argv[i]);
    if (argv != few)
        js_free(ctx, argv);
    wq_path_free(ctx, &p);
    return v;
}

static JSValue op_get(JSContext *ctx, wq_reader *r, uint32_t op, JSValue target, bool global)
{
    wq_path p;
    JSValue owner, v;
    if (!wq_path_read(ctx, r, op & OP_PATH, &p)) {
        JS_FreeValue(ctx, target);
        return JS_EXCEPTION;
    }
    v = wq_path_walk(ctx, target, global, &p, p.len, &owner);
    JS_FreeValue(ctx, owner);
    wq_path_free(ctx, &p);
    return v;
}

static JSValue op_set(JSContext *ctx, wq_reader *r, uint32_t op, JSValue target, bool global)
{
    wq_path p;
    JSValue owner = JS_UNDEFINED, v = JS_EXCEPTION;
    int st = -1;
    bool ok = wq_path_read(ctx, r, op & OP_PATH, &p) && !JS_IsException(v = wq_read(ctx, r));
    if (ok && p.len > 0) {
        target = wq_path_walk(ctx, target, global, &p, p.len - 1, &owner);
        if (JS_IsException(target))
            JS_FreeValue(ctx, v);
        else if (JS_IsObject(target))
            st = JS_SetProperty(ctx, target, p.atoms[p.len - 1], v);
        else {
            JS_FreeValue(ctx, v);
            JS_ThrowTypeError(ctx, "cannot set a property of what is no object");
        }
    } else if (ok) {
        JS_FreeValue(ctx, v);
        JS_ThrowTypeError(ctx, "no name to set");
    }
    JS_FreeValue(ctx, owner);
    JS_FreeValue(ctx, target);
    wq_path_free(ctx, &p);
    return st < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

/* The names of enumerable own properties, as Object.keys. */
static JSValue op_keys(JSContext *ctx, JSValueConst target)
{
    JSPropertyEnum *props;
    uint32_t n;
    JSValue list;
    if (!JS_IsObject(target))
        return JS_ThrowTypeError(ctx, "keys of what is no object");
    if (JS_GetOwnPropertyNames(ctx, &props, &n, target, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return JS_EXCEPTION;
    list = JS_NewArray(ctx);
    for (uint32_t i = 0; i < n && !JS_IsException(list); i++) {
        if (JS_DefinePropertyValueUint32(ctx, list, i, JS_AtomToString(ctx, props[i].atom), JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, list);
            list = JS_EXCEPTION;
        }
    }
    JS_FreePropertyEnum(ctx, props, n);
    return list;
}

static JSValue op_length(JSContext *ctx, JSValueConst target)
{
    int64_t n;
    if (JS_IsMap(target) || JS_IsSet(target))
        return JS_GetPropertyStr(ctx, target, "size");
    if (JS_GetLength(ctx, target, &n) < 0)
        return JS_EXCEPTION;
    return JS_NewInt64(ctx, n);
}

static JSValue op_import(JSContext *ctx, wq_reader *r)
{
    const char *name;
    uint32_t len;
    uint8_t nul;
    if (!wq_read_text(ctx, r, &name, &len) || !wq_read_u8(ctx, r, &nul))
        return JS_EXCEPTION;
    return JS_LoadModule(ctx, "", name);
}

static JSValue op_eval(JSContext *ctx, wq_reader *r)
{
    const char *name, *source;
    uint32_t len, source_len;
    uint8_t nul;
    if (!wq_read_text(ctx, r, &name, &len) || !wq_read_u8(ctx, r, &nul) || !wq_read_text(ctx, r, &source, &source_len) ||
        !wq_read_u8(ctx, r, &nul))
        return JS_EXCEPTION;
    return JS_Eval(ctx, source, source_len, name, JS_EVAL_TYPE_GLOBAL);
}

static void op_release(JSContext *ctx, wq_reader *r, uint32_t target)
{
    uint32_t id;
    if (target == ALL_HANDLES)
        wq_handles_drop(ctx);
    while (r->end - r->p >= 4 && wq_read_u32(ctx, r, &id))
        wq_handle_drop(ctx, id);
}

static JSValue run(JSContext *ctx, uint32_t op, JSValue target, bool global, wq_reader *r)
{
    JSValue v;
    switch (op & OP_MASK) {
    case OP_CALL:
    case OP_NEW:
        return op_call(ctx, r, op, target, global);
    case OP_GET:
        return op_get(ctx, r, op, target, global);
    case OP_SET:
        return op_set(ctx, r, op, target, global);
    case OP_KEYS:
        v = op_keys(ctx, target);
        break;
    case OP_LENGTH:
        v = op_length(ctx, target);
        break;
    case OP_JSON:
        v = JS_JSONStringify(ctx, target, JS_UNDEFINED, JS_UNDEFINED);
        break;
    case OP_ITERATE:
        v = wq_iterate(ctx, target);
        break;
    case OP_IMPORT:
        v = op_import(ctx, r);
        break;
    case OP_EVAL:
        v = op_eval(ctx, r);
        break;
    case OP_READ:
    case OP_SETTLE:
        return target;
    default:
        v = JS_ThrowInternalError(ctx, "unknown operation %u", op);
    }
    JS_FreeValue(ctx, target);
    return v;
}

/* Does op with the object of a handle, or the global object for 0, and a message. */
WQ_EXPORT("wqjs_op") uint64_t wqjs_op(uint32_t op, uint32_t target, const uint8_t *p, uint32_t len)
{
    JSContext *ctx = wq.ctx;
    wq_reader r = { .p = p, .end = p + len };
    JSValue v;
    free(big_out);
    big_out = NULL;
    if (!wq.in_go)
        JS_UpdateStackTop(wq.rt);
    if ((op & OP_MASK) == OP_RELEASE) {
        op_release(ctx, &r, target);
        return result(WQ_OK, 0, 0);
    }
    if ((op & OP_MASK) == OP_LIMIT) {
        wq_handles_limit(target);
        return result(WQ_OK, 0, 0);
    }
    v = target ? wq_handle_get(ctx, target) : JS_GetGlobalObject(ctx);
    if (JS_IsException(v))
        return failed(ctx);
    if ((op & OP_MASK) == OP_SETTLE && JS_PromiseState(ctx, v) != JS_PROMISE_PENDING)
        wq_handle_drop(ctx, target);
    if ((op & OP_MASK) == OP_SETTLE && JS_PromiseState(ctx, v) == JS_PROMISE_PENDING) {
        JS_FreeValue(ctx, v);
        return result(WQ_PENDING, 0, target);
    }
    return finish(ctx, run(ctx, op, v, !target, &r), op);
}
