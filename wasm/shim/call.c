/* Calls between Go and JavaScript: operations that the host asks for, handles
 * to values that it holds, and Go functions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "value.h"

/* ---- handles: values that the host holds ---- */

typedef struct {
    JSValue value; /* JS_UNINITIALIZED: free */
    uint32_t next; /* free list */
    uint16_t gen;  /* makes an id of a freed slot stale */
} handle;

static handle *handles;
static uint32_t handles_len, handles_cap, handles_live, handles_limit = WQ_MAX_HANDLES;
static uint32_t handles_free = UINT32_MAX;

/* An id is generation:11 | index:20, plus one: never 0. */
#define HANDLE_BITS 20

uint32_t wq_handle_new(JSContext *ctx, JSValueConst v)
{
    uint32_t i = handles_free;
    if (handles_live >= handles_limit)
        return 0;
    if (i != UINT32_MAX) {
        handles_free = handles[i].next;
    } else {
        if (handles_len == handles_cap) {
            uint32_t cap = handles_cap ? handles_cap * 2 : 64;
            handle *n = realloc(handles, cap * sizeof(*n));
            if (!n)
                return 0;
            handles = n;
            handles_cap = cap;
        }
        i = handles_len++;
        handles[i].gen = 0;
    }
    handles_live++;
    handles[i].value = JS_DupValue(ctx, v);
    return ((uint32_t)(handles[i].gen & 0x7ff) << HANDLE_BITS | i) + 1;
}

static handle *handle_find(uint32_t id)
{
    uint32_t i = --id & (WQ_MAX_HANDLES - 1);
    if (i >= handles_len || JS_VALUE_GET_TAG(handles[i].value) == JS_TAG_UNINITIALIZED ||
        id >> HANDLE_BITS != (handles[i].gen & 0x7ff))
        return NULL;
    return &handles[i];
}

JSValue wq_handle_get(JSContext *ctx, uint32_t id)
{
    handle *h = handle_find(id);
    return h ? JS_DupValue(ctx, h->value) : JS_ThrowReferenceError(ctx, "the host gave up this value");
}

static void handle_drop(JSContext *ctx, uint32_t id)
{
    handle *h = handle_find(id);
    JSValue v;
    if (!h)
        return;
    v = h->value;
    h->value = JS_UNINITIALIZED;
    h->gen++;
    h->next = handles_free;
    handles_free = h - handles;
    handles_live--;
    JS_FreeValue(ctx, v);
}

/* ---- Go functions and errors ---- */

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

/* ---- operations ---- */

/* host/ops.go has the same list. */
enum { OP_CALL = 1, OP_NEW, OP_GET, OP_SET, OP_KEYS, OP_LENGTH, OP_READ, OP_JSON, OP_IMPORT, OP_SETTLE, OP_EVAL, OP_RELEASE, OP_ITERATE, OP_LIMIT };
enum { OP_MASK = 0xff, OP_DEEP = 0x100, OP_PATH = 0x200, OP_AWAIT = 0x400 };

#define ALL_HANDLES UINT32_MAX /* as the target of OP_RELEASE */

enum { MAX_PATH = 32, FEW_ARGS = 16 };

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
        handle_drop(ctx, h);
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

/* ---- paths: "a.b.c" from an object, or one key ---- */

typedef struct {
    JSAtom atoms[MAX_PATH];
    uint32_t len;
} path;

static void path_free(JSContext *ctx, path *p)
{
    while (p->len > 0)
        JS_FreeAtom(ctx, p->atoms[--p->len]);
}

static bool path_add(JSContext *ctx, path *p, JSAtom atom)
{
    if (atom == JS_ATOM_NULL)
        return false;
    if (p->len == MAX_PATH) {
        JS_FreeAtom(ctx, atom);
        JS_ThrowRangeError(ctx, "a path of more than %d names", MAX_PATH);
        return false;
    }
    p->atoms[p->len++] = atom;
    return true;
}

/* Reads a path before any script runs: the message is in a buffer that a call
 * within this one uses as well. */
static bool path_read(JSContext *ctx, wq_reader *r, bool dotted, path *p)
{
    const char *s, *dot;
    uint32_t len;
    JSValue key;
    JSAtom atom;
    p->len = 0;
    if (!dotted) {
        key = wq_read(ctx, r);
        if (JS_IsException(key))
            return false;
        atom = JS_ValueToAtom(ctx, key);
        JS_FreeValue(ctx, key);
        return path_add(ctx, p, atom);
    }
    if (!wq_read_text(ctx, r, &s, &len))
        return false;
    while (len > 0) {
        uint32_t n;
        dot = memchr(s, '.', len);
        n = dot ? dot - s : len;
        if (!path_add(ctx, p, JS_NewAtomLen(ctx, s, n))) {
            path_free(ctx, p);
            return false;
        }
        s += n + (dot != NULL);
        len -= n + (dot != NULL);
    }
    return true;
}

/* A let, const or class of a script, which is no property of the global object. */
static JSValue lexical(JSContext *ctx, JSAtom atom)
{
    JSValue v = JS_UNDEFINED;
    size_t len;
    const char *name = JS_AtomToCStringLen(ctx, &len, atom);
    bool plain = name && len > 0 && !(name[0] >= '0' && name[0] <= '9');
    for (size_t i = 0; plain && i < len; i++) {
        uint8_t c = name[i];
        plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || c >= 0x80;
    }
    if (plain) {
        v = JS_Eval(ctx, name, len, "<name>", JS_EVAL_TYPE_GLOBAL);
        if (JS_IsException(v) && !wq_interrupt && !wq.exiting) {
            JS_FreeValue(ctx, JS_GetException(ctx)); /* no such name */
            v = JS_UNDEFINED;
        }
    }
    JS_FreeCString(ctx, name);
    return v;
}

/* Walks from base, which it frees, along the first n names; *owner is what the last was read from. */
static JSValue path_walk(JSContext *ctx, JSValue base, bool global, const path *p, uint32_t n, JSValue *owner)
{
    *owner = JS_UNDEFINED;
    for (uint32_t i = 0; i < n && !JS_IsException(base); i++) {
        JSValue v = JS_GetProperty(ctx, base, p->atoms[i]);
        if (global && i == 0 && JS_IsUndefined(v))
            v = lexical(ctx, p->atoms[0]);
        JS_FreeValue(ctx, *owner);
        *owner = base;
        base = v;
    }
    return base;
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

static JSValue not_function(JSContext *ctx, const path *p)
{
    const char *name = p->len ? JS_AtomToCString(ctx, p->atoms[p->len - 1]) : NULL;
    JSValue e = name ? JS_ThrowTypeError(ctx, "%.200s is not a function", name)
                     : JS_ThrowTypeError(ctx, "the value is not a function");
    JS_FreeCString(ctx, name);
    return e;
}

static JSValue op_call(JSContext *ctx, wq_reader *r, uint32_t op, JSValue target, bool global)
{
    path p;
    uint32_t argc;
    JSValue few[FEW_ARGS], *argv, func, owner, v;
    if (!path_read(ctx, r, op & OP_PATH, &p)) {
        JS_FreeValue(ctx, target);
        return JS_EXCEPTION;
    }
    if (!args_read(ctx, r, &argc, &argv, few)) {
        path_free(ctx, &p);
        JS_FreeValue(ctx, target);
        return JS_EXCEPTION;
    }
    func = path_walk(ctx, target, global, &p, p.len, &owner);
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
    path_free(ctx, &p);
    return v;
}

static JSValue op_get(JSContext *ctx, wq_reader *r, uint32_t op, JSValue target, bool global)
{
    path p;
    JSValue owner, v;
    if (!path_read(ctx, r, op & OP_PATH, &p)) {
        JS_FreeValue(ctx, target);
        return JS_EXCEPTION;
    }
    v = path_walk(ctx, target, global, &p, p.len, &owner);
    JS_FreeValue(ctx, owner);
    path_free(ctx, &p);
    return v;
}

static JSValue op_set(JSContext *ctx, wq_reader *r, uint32_t op, JSValue target, bool global)
{
    path p;
    JSValue owner = JS_UNDEFINED, v = JS_EXCEPTION;
    int st = -1;
    bool ok = path_read(ctx, r, op & OP_PATH, &p) && !JS_IsException(v = wq_read(ctx, r));
    if (ok && p.len > 0) {
        target = path_walk(ctx, target, global, &p, p.len - 1, &owner);
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
    path_free(ctx, &p);
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
    if (target == ALL_HANDLES) {
        for (uint32_t i = 0; i < handles_len; i++)
            handle_drop(ctx, ((uint32_t)(handles[i].gen & 0x7ff) << HANDLE_BITS | i) + 1);
    }
    while (r->end - r->p >= 4 && wq_read_u32(ctx, r, &id))
        handle_drop(ctx, id);
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
        handles_limit = target < WQ_MAX_HANDLES ? target : WQ_MAX_HANDLES;
        return result(WQ_OK, 0, 0);
    }
    v = target ? wq_handle_get(ctx, target) : JS_GetGlobalObject(ctx);
    if (JS_IsException(v))
        return failed(ctx);
    if ((op & OP_MASK) == OP_SETTLE && JS_PromiseState(ctx, v) != JS_PROMISE_PENDING)
        handle_drop(ctx, target);
    if ((op & OP_MASK) == OP_SETTLE && JS_PromiseState(ctx, v) == JS_PROMISE_PENDING) {
        JS_FreeValue(ctx, v);
        return result(WQ_PENDING, 0, target);
    }
    return finish(ctx, run(ctx, op, v, !target, &r), op);
}
