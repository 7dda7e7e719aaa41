/* The value codec (value.h): values to bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "value.h"

void wq_writer_init(wq_writer *w)
{
    w->buf = w->own;
    w->len = 0;
    w->cap = sizeof(w->own);
    w->values = 0;
    w->depth = 0;
    w->fault = FAULT_NONE;
}

void wq_writer_free(wq_writer *w)
{
    if (w->buf != w->own)
        free(w->buf);
    w->buf = w->own;
}

static bool fault(JSContext *ctx, wq_writer *w, wq_fault why)
{
    w->fault = why;
    JS_ThrowRangeError(ctx, "%s", wq_fault_text[why]);
    return false;
}

static bool room(JSContext *ctx, wq_writer *w, uint32_t n)
{
    uint32_t cap;
    uint8_t *p;
    if (w->cap - w->len >= n)
        return true;
    if (n > WQ_MAX_MESSAGE - w->len)
        return fault(ctx, w, FAULT_SIZE);
    cap = (w->len + n) * 2;
    if (cap > WQ_MAX_MESSAGE)
        cap = WQ_MAX_MESSAGE;
    p = w->buf == w->own ? malloc(cap) : realloc(w->buf, cap);
    if (!p) {
        JS_ThrowOutOfMemory(ctx);
        return false;
    }
    if (w->buf == w->own)
        memcpy(p, w->own, w->len);
    w->buf = p;
    w->cap = cap;
    return true;
}

static bool put_tag(JSContext *ctx, wq_writer *w, uint8_t tag)
{
    if (!room(ctx, w, 1))
        return false;
    w->buf[w->len++] = tag;
    return true;
}

/* A tag and n bytes, at most 8. */
static bool put_scalar(JSContext *ctx, wq_writer *w, uint8_t tag, const void *p, uint32_t n)
{
    if (!room(ctx, w, 1 + n))
        return false;
    w->buf[w->len] = tag;
    memcpy(w->buf + w->len + 1, p, n);
    w->len += 1 + n;
    return true;
}

static bool put_u32(JSContext *ctx, wq_writer *w, uint32_t v)
{
    if (!room(ctx, w, 4))
        return false;
    memcpy(w->buf + w->len, &v, 4);
    w->len += 4;
    return true;
}

static bool put_bytes(JSContext *ctx, wq_writer *w, const void *p, size_t n)
{
    if (n > WQ_MAX_MESSAGE)
        return fault(ctx, w, FAULT_SIZE);
    if (!put_u32(ctx, w, n) || !room(ctx, w, n))
        return false;
    if (n)
        memcpy(w->buf + w->len, p, n);
    w->len += n;
    return true;
}

/* The text of a string. */
static bool put_string(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    size_t n;
    const char *s = wq_utf8(ctx, v, &n);
    bool ok = s && put_bytes(ctx, w, s, n);
    JS_FreeCString(ctx, s);
    return ok;
}

/* A handle, or its absence as an error. */
static bool put_handle(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    uint32_t id = wq_handle_new(ctx, v);
    if (!id)
        return fault(ctx, w, FAULT_HANDLES);
    return put_u32(ctx, w, id);
}

static bool put_ref(JSContext *ctx, wq_writer *w, JSValueConst v, wq_ref_kind kind)
{
    return put_tag(ctx, w, TAG_REF) && put_handle(ctx, w, v) && put_scalar(ctx, w, kind, NULL, 0);
}

static bool put_number(JSContext *ctx, wq_writer *w, double d)
{
    if (d >= INT32_MIN && d <= INT32_MAX) {
        int32_t i = d;
        if (i == d && (i != 0 || !signbit(d)))
            return put_scalar(ctx, w, TAG_INT, &i, 4);
    }
    return put_scalar(ctx, w, TAG_FLOAT, &d, 8);
}

/* A property as text, empty unless it is a string; false when w is full. */
static bool put_prop(JSContext *ctx, wq_writer *w, JSValueConst obj, const char *name)
{
    JSValue v = JS_GetPropertyStr(ctx, obj, name);
    bool ok;
    if (JS_IsException(v)) {
        if (wq_interrupt || wq.exiting)
            return false;
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    ok = JS_IsString(v) ? put_string(ctx, w, v) : put_u32(ctx, w, 0);
    JS_FreeValue(ctx, v);
    return ok;
}

static bool put_error(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    return put_tag(ctx, w, TAG_ERROR) && put_prop(ctx, w, v, "name") && put_prop(ctx, w, v, "message") &&
           put_prop(ctx, w, v, "stack") && put_prop(ctx, w, v, "code") && put_handle(ctx, w, v) &&
           put_u32(ctx, w, wq_go_error_get(ctx, v));
}

/* Enters an object: its depth and whether it is inside of itself. */
static bool descend(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    void *p = JS_VALUE_GET_PTR(v);
    for (int32_t i = 0; i < w->depth; i++)
        if (w->path[i] == p)
            return fault(ctx, w, FAULT_CYCLE);
    if (w->depth == WQ_MAX_DEPTH)
        return fault(ctx, w, FAULT_DEPTH);
    w->path[w->depth++] = p;
    return true;
}

static bool write_value(JSContext *ctx, wq_writer *w, JSValueConst v, bool deep);

static bool write_owned(JSContext *ctx, wq_writer *w, JSValue v)
{
    bool ok = !JS_IsException(v) && write_value(ctx, w, v, true);
    JS_FreeValue(ctx, v);
    return ok;
}

static bool write_array(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    int64_t n;
    if (JS_GetLength(ctx, v, &n) < 0)
        return false;
    if (n > WQ_MAX_VALUES)
        return fault(ctx, w, FAULT_SIZE);
    if (!put_scalar(ctx, w, TAG_ARRAY, &(uint32_t){ n }, 4))
        return false;
    for (int64_t i = 0; i < n; i++)
        if (!write_owned(ctx, w, JS_GetPropertyInt64(ctx, v, i)))
            return false;
    return true;
}

static bool write_object(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    JSPropertyEnum *props;
    uint32_t n;
    bool ok;
    if (JS_GetOwnPropertyNames(ctx, &props, &n, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    ok = n <= WQ_MAX_VALUES ? put_scalar(ctx, w, TAG_OBJECT, &n, 4) : fault(ctx, w, FAULT_SIZE);
    for (uint32_t i = 0; i < n && ok; i++) {
        JSValue key = JS_AtomToString(ctx, props[i].atom);
        ok = !JS_IsException(key) && put_string(ctx, w, key) && write_owned(ctx, w, JS_GetProperty(ctx, v, props[i].atom));
        JS_FreeValue(ctx, key);
    }
    JS_FreePropertyEnum(ctx, props, n);
    return ok;
}

/* forEach's callback for Map (pairs) and Set; the writer's address is in data. */
static JSValue each(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int pairs, JSValueConst *data)
{
    double address;
    wq_writer *w;
    uint32_t n;
    size_t at;
    if (JS_ToFloat64(ctx, &address, data[0]) || JS_ToInt64(ctx, &(int64_t){ 0 }, data[1]))
        return JS_EXCEPTION;
    w = (wq_writer *)(uintptr_t)address;
    JS_ToFloat64(ctx, &address, data[1]);
    at = address;
    if ((pairs && !write_value(ctx, w, argv[1], true)) || !write_value(ctx, w, argv[0], true))
        return JS_EXCEPTION;
    memcpy(&n, w->buf + at, 4);
    n++;
    memcpy(w->buf + at, &n, 4);
    return JS_UNDEFINED;
}

static bool write_collection(JSContext *ctx, wq_writer *w, JSValueConst v, bool pairs)
{
    JSValue args[2], data[2], r;
    if (!put_scalar(ctx, w, pairs ? TAG_MAP : TAG_SET, &(uint32_t){ 0 }, 4))
        return false;
    data[0] = JS_NewFloat64(ctx, (uintptr_t)w);
    data[1] = JS_NewFloat64(ctx, w->len - 4);
    args[0] = JS_DupValue(ctx, v);
    args[1] = JS_NewCFunctionData(ctx, each, 2, pairs, 2, (JSValueConst *)data);
    r = JS_IsException(args[1]) ? JS_EXCEPTION
                                : JS_Call(ctx, wq_helpers[pairs ? HELP_MAP_EACH : HELP_SET_EACH], JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    JS_FreeValue(ctx, r);
    return !JS_IsException(r);
}

/* A Date, BigInt or bytes: copied, never a handle. */
static bool write_time(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    JSValue t = JS_Call(ctx, wq_helpers[HELP_TIME], JS_UNDEFINED, 1, &v);
    double ms;
    return !JS_IsException(t) && JS_ToFloat64(ctx, &ms, t) == 0 && put_scalar(ctx, w, TAG_DATE, &ms, 8);
}

static bool write_bigint(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    JSValue text = JS_Call(ctx, wq_helpers[HELP_HEX], JS_UNDEFINED, 1, &v);
    bool ok = !JS_IsException(text) && put_tag(ctx, w, TAG_BIGINT) && put_string(ctx, w, text);
    JS_FreeValue(ctx, text);
    return ok;
}

static bool write_bytes(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    uint8_t *p;
    size_t n;
    return wq_bytes(ctx, v, JS_UNDEFINED, JS_UNDEFINED, false, &p, &n) && put_tag(ctx, w, TAG_BYTES) &&
           put_bytes(ctx, w, p, n);
}

static bool is_bytes(JSValueConst v)
{
    int type = JS_GetTypedArrayType(v);
    return type == JS_TYPED_ARRAY_UINT8 || type == JS_TYPED_ARRAY_UINT8C || JS_IsArrayBuffer(v) || JS_IsDataView(v);
}

static bool write_deep(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    bool ok;
    if (!descend(ctx, w, v))
        return false;
    if (JS_IsArray(v) || JS_GetTypedArrayType(v) >= 0)
        ok = write_array(ctx, w, v);
    else if (JS_IsMap(v) || JS_IsSet(v))
        ok = write_collection(ctx, w, v, JS_IsMap(v));
    else
        ok = write_object(ctx, w, v);
    w->depth--;
    return ok;
}

static wq_ref_kind kind_of(JSValueConst v)
{
    if (JS_IsArray(v))
        return REF_ARRAY;
    if (JS_IsMap(v))
        return REF_MAP;
    return JS_IsSet(v) ? REF_SET : REF_OBJECT;
}

static bool write_value(JSContext *ctx, wq_writer *w, JSValueConst v, bool deep)
{
    if (++w->values > WQ_MAX_VALUES)
        return fault(ctx, w, FAULT_SIZE);
    /* Nothing else polls in here: plain objects run no code. */
    if (w->values % 1024 == 0 && (wq_core_tick() || wq_interrupt)) {
        wq_throw_interrupted(ctx);
        return false;
    }
    switch (JS_VALUE_GET_NORM_TAG(v)) {
    case JS_TAG_INT:
        return put_scalar(ctx, w, TAG_INT, &(int32_t){ JS_VALUE_GET_INT(v) }, 4);
    case JS_TAG_FLOAT64:
        return put_number(ctx, w, JS_VALUE_GET_FLOAT64(v));
    case JS_TAG_BOOL:
        return put_tag(ctx, w, JS_VALUE_GET_BOOL(v) ? TAG_TRUE : TAG_FALSE);
    case JS_TAG_NULL:
        return put_tag(ctx, w, TAG_NULL);
    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE:
        return put_tag(ctx, w, TAG_STRING) && put_string(ctx, w, v);
    case JS_TAG_BIG_INT:
    case JS_TAG_SHORT_BIG_INT:
        return write_bigint(ctx, w, v);
    case JS_TAG_SYMBOL:
        return put_ref(ctx, w, v, REF_SYMBOL);
    case JS_TAG_OBJECT:
        break;
    default:
        return put_tag(ctx, w, TAG_UNDEFINED);
    }
    if (JS_IsFunction(ctx, v))
        return put_ref(ctx, w, v, REF_FUNCTION);
    if (JS_IsPromise(v))
        return put_ref(ctx, w, v, REF_PROMISE);
    if (JS_IsDate(v))
        return write_time(ctx, w, v);
    if (is_bytes(v))
        return write_bytes(ctx, w, v);
    if (JS_IsError(v))
        return put_error(ctx, w, v);
    return deep ? write_deep(ctx, w, v) : put_ref(ctx, w, v, kind_of(v));
}

bool wq_write(JSContext *ctx, wq_writer *w, JSValueConst v, bool deep) { return write_value(ctx, w, v, deep); }
