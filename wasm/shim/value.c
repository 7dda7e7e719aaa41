/* The value codec (value.h): values to bytes and back. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "value.h"

/* Intrinsics, taken before scripts can change them. */
enum { HELP_BIGINT, HELP_HEX, HELP_TIME, HELP_MAP_EACH, HELP_SET_EACH, HELP_MAP, HELP_SET, HELP_ITERATE, HELP_ITERATOR, HELPERS };
static JSValue helpers[HELPERS];

static const char helpers_source[] =
    "((call, B, M, S, apply, TypeError, { iterator, asyncIterator }) => {"
    "const uncurry = f => call.bind(f);"
    "const hex = uncurry(B.prototype.toString), set = uncurry(M.prototype.set), add = uncurry(S.prototype.add);"
    "return ["
    "(s, negative) => negative ? -B(s) : B(s),"
    "n => hex(n, 16),"
    "uncurry(Date.prototype.getTime),"
    "uncurry(M.prototype.forEach),"
    "uncurry(S.prototype.forEach),"
    "list => { const m = new M; for (let i = 0; i < list.length; i += 2) set(m, list[i], list[i + 1]); return m; },"
    "list => { const s = new S; for (let i = 0; i < list.length; i++) add(s, list[i]); return s; },"
    "o => {"
    "const f = o[asyncIterator] ?? o[iterator];"
    "if (typeof f !== 'function') throw new TypeError('the value is not iterable');"
    "return apply(f, o, []);"
    "},"
    "Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}.prototype)),"
    "];"
    "})(Function.prototype.call, BigInt, Map, Set, Reflect.apply, TypeError, Symbol)";

int wq_init_values(JSContext *ctx)
{
    JSValue list = JS_Eval(ctx, helpers_source, sizeof(helpers_source) - 1, "wqjs:internal/values", JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(list))
        return -1;
    for (int i = 0; i < HELPERS; i++)
        helpers[i] = JS_GetPropertyUint32(ctx, list, i);
    JS_FreeValue(ctx, list);
    return 0;
}

JSValue wq_new_iterator(JSContext *ctx) { return JS_NewObjectProto(ctx, helpers[HELP_ITERATOR]); }

JSValue wq_iterate(JSContext *ctx, JSValueConst v) { return JS_Call(ctx, helpers[HELP_ITERATE], JS_UNDEFINED, 1, &v); }

/* ---- writing ---- */

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

static const char *const fault_text[] = {
    [FAULT_CYCLE] = "the value contains itself",
    [FAULT_DEPTH] = "the value is nested too deep",
    [FAULT_SIZE] = "the value is too large",
    [FAULT_HANDLES] = "too many values are held by the host",
    [FAULT_MALFORMED] = "malformed value",
};

static bool fault(JSContext *ctx, wq_writer *w, wq_fault why)
{
    w->fault = why;
    JS_ThrowRangeError(ctx, "%s", fault_text[why]);
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
                                : JS_Call(ctx, helpers[pairs ? HELP_MAP_EACH : HELP_SET_EACH], JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    JS_FreeValue(ctx, r);
    return !JS_IsException(r);
}

/* A Date, BigInt or bytes: copied, never a handle. */
static bool write_time(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    JSValue t = JS_Call(ctx, helpers[HELP_TIME], JS_UNDEFINED, 1, &v);
    double ms;
    return !JS_IsException(t) && JS_ToFloat64(ctx, &ms, t) == 0 && put_scalar(ctx, w, TAG_DATE, &ms, 8);
}

static bool write_bigint(JSContext *ctx, wq_writer *w, JSValueConst v)
{
    JSValue text = JS_Call(ctx, helpers[HELP_HEX], JS_UNDEFINED, 1, &v);
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

/* ---- reading ---- */

static bool malformed(JSContext *ctx)
{
    JS_ThrowTypeError(ctx, "%s", fault_text[FAULT_MALFORMED]);
    return false;
}

static bool take(JSContext *ctx, wq_reader *r, void *out, size_t n)
{
    if ((size_t)(r->end - r->p) < n)
        return malformed(ctx);
    memcpy(out, r->p, n);
    r->p += n;
    return true;
}

bool wq_read_u8(JSContext *ctx, wq_reader *r, uint8_t *out) { return take(ctx, r, out, 1); }

bool wq_read_u32(JSContext *ctx, wq_reader *r, uint32_t *out) { return take(ctx, r, out, 4); }

bool wq_read_text(JSContext *ctx, wq_reader *r, const char **p, uint32_t *len)
{
    if (!take(ctx, r, len, 4))
        return false;
    if (*len > (size_t)(r->end - r->p))
        return malformed(ctx);
    *p = (const char *)r->p;
    r->p += *len;
    return true;
}

/* How many values of at least one byte follow. */
static bool read_count(JSContext *ctx, wq_reader *r, uint32_t *n)
{
    if (!take(ctx, r, n, 4))
        return false;
    return *n <= (size_t)(r->end - r->p) || malformed(ctx);
}

static JSValue read_list(JSContext *ctx, wq_reader *r, uint32_t n)
{
    JSValue *list = js_malloc(ctx, (n ? n : 1) * sizeof(JSValue));
    JSValue v;
    if (!list)
        return JS_EXCEPTION;
    for (uint32_t i = 0; i < n; i++) {
        list[i] = wq_read(ctx, r);
        if (JS_IsException(list[i])) {
            while (i > 0)
                JS_FreeValue(ctx, list[--i]);
            js_free(ctx, list);
            return JS_EXCEPTION;
        }
    }
    v = JS_NewArrayFrom(ctx, n, list);
    js_free(ctx, list);
    return v;
}

static JSValue read_collection(JSContext *ctx, wq_reader *r, bool pairs)
{
    uint32_t n;
    JSValue list, v;
    if (!read_count(ctx, r, &n))
        return JS_EXCEPTION;
    if (pairs && n > INT32_MAX / 2)
        return malformed(ctx), JS_EXCEPTION;
    list = read_list(ctx, r, pairs ? 2 * n : n);
    if (JS_IsException(list))
        return list;
    v = JS_Call(ctx, helpers[pairs ? HELP_MAP : HELP_SET], JS_UNDEFINED, 1, (JSValueConst *)&list);
    JS_FreeValue(ctx, list);
    return v;
}

static JSValue read_object(JSContext *ctx, wq_reader *r)
{
    uint32_t n, len;
    const char *key;
    JSValue obj;
    if (!read_count(ctx, r, &n))
        return JS_EXCEPTION;
    obj = JS_NewObject(ctx);
    for (uint32_t i = 0; i < n && !JS_IsException(obj); i++) {
        JSAtom atom = JS_ATOM_NULL;
        JSValue v = JS_EXCEPTION;
        if (wq_read_text(ctx, r, &key, &len) && (atom = JS_NewAtomLen(ctx, key, len)) != JS_ATOM_NULL)
            v = wq_read(ctx, r);
        if (JS_IsException(v) || JS_DefinePropertyValue(ctx, obj, atom, v, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, obj);
            obj = JS_EXCEPTION;
        }
        JS_FreeAtom(ctx, atom);
    }
    return obj;
}

/* A property that console.log does not repeat. */
static bool hide(JSContext *ctx, JSValueConst obj, const char *name, const char *text, uint32_t len)
{
    return JS_DefinePropertyValueStr(ctx, obj, name, JS_NewStringLen(ctx, text, len),
                                     JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE) >= 0;
}

static bool is_text(const char *text, uint32_t len, const char *want)
{
    return len == strlen(want) && !memcmp(text, want, len);
}

static JSValue read_error(JSContext *ctx, wq_reader *r)
{
    const char *text[4];
    uint32_t len[4], handle, go;
    JSValue e;
    bool ok;
    for (int i = 0; i < 4; i++)
        if (!wq_read_text(ctx, r, &text[i], &len[i]))
            return JS_EXCEPTION;
    if (!wq_read_u32(ctx, r, &handle) || !wq_read_u32(ctx, r, &go))
        return JS_EXCEPTION;
    if (handle)
        return wq_handle_get(ctx, handle);
    if (is_text(text[0], len[0], "TypeError"))
        e = JS_NewTypeError(ctx, " ");
    else if (is_text(text[0], len[0], "RangeError"))
        e = JS_NewRangeError(ctx, " ");
    else
        e = JS_NewError(ctx);
    if (JS_IsException(e))
        return e;
    ok = hide(ctx, e, "message", text[1], len[1]) && (!len[3] || hide(ctx, e, "code", text[3], len[3])) &&
         (!go || wq_go_error_set(ctx, e, go) >= 0);
    if (!ok) {
        JS_FreeValue(ctx, e);
        return JS_EXCEPTION;
    }
    return e;
}

static JSValue read_bigint(JSContext *ctx, wq_reader *r)
{
    const char *text;
    uint32_t len, sign;
    char *hex;
    JSValue args[2], v;
    if (!wq_read_text(ctx, r, &text, &len))
        return JS_EXCEPTION;
    sign = len > 0 && text[0] == '-';
    hex = js_malloc(ctx, len + 3);
    if (!hex)
        return JS_EXCEPTION;
    memcpy(hex, "0x", 2);
    memcpy(hex + 2, text + sign, len - sign);
    args[0] = JS_NewStringLen(ctx, hex, len - sign + 2);
    args[1] = JS_NewBool(ctx, sign);
    js_free(ctx, hex);
    v = JS_Call(ctx, helpers[HELP_BIGINT], JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, args[0]);
    return v;
}

static JSValue read_json(JSContext *ctx, wq_reader *r)
{
    const char *text;
    uint32_t len;
    uint8_t nul;
    if (!wq_read_text(ctx, r, &text, &len) || !wq_read_u8(ctx, r, &nul))
        return JS_EXCEPTION;
    if (nul)
        return malformed(ctx), JS_EXCEPTION;
    return JS_ParseJSON(ctx, text, len, "<json>");
}

static JSValue read_iterator(JSContext *ctx, wq_reader *r)
{
    uint32_t n, len;
    const char *name;
    JSValue it;
    if (!read_count(ctx, r, &n))
        return JS_EXCEPTION;
    it = wq_new_iterator(ctx);
    for (uint32_t i = 0; i < n && !JS_IsException(it); i++) {
        uint8_t tag;
        JSAtom atom = JS_ATOM_NULL;
        JSValue f = JS_EXCEPTION;
        if (wq_read_text(ctx, r, &name, &len) && wq_read_u8(ctx, r, &tag) && (tag == TAG_FUNC || malformed(ctx)) &&
            (atom = JS_NewAtomLen(ctx, name, len)) != JS_ATOM_NULL)
            f = wq_go_function(ctx, r);
        if (JS_IsException(f) || JS_DefinePropertyValue(ctx, it, atom, f, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE) < 0) {
            JS_FreeValue(ctx, it);
            it = JS_EXCEPTION;
        }
        JS_FreeAtom(ctx, atom);
    }
    return it;
}

/* What has values in it. */
static JSValue read_nested(JSContext *ctx, wq_reader *r, uint8_t tag)
{
    uint32_t n;
    switch (tag) {
    case TAG_ARRAY:
        return read_count(ctx, r, &n) ? read_list(ctx, r, n) : JS_EXCEPTION;
    case TAG_OBJECT:
        return read_object(ctx, r);
    default:
        return read_collection(ctx, r, tag == TAG_MAP);
    }
}

JSValue wq_read(JSContext *ctx, wq_reader *r)
{
    uint8_t tag;
    int32_t i;
    uint32_t n;
    double d;
    const char *text;
    JSValue v;
    if (!take(ctx, r, &tag, 1))
        return JS_EXCEPTION;
    switch (tag) {
    case TAG_UNDEFINED:
        return JS_UNDEFINED;
    case TAG_NULL:
        return JS_NULL;
    case TAG_FALSE:
        return JS_FALSE;
    case TAG_TRUE:
        return JS_TRUE;
    case TAG_INT:
        return take(ctx, r, &i, 4) ? JS_NewInt32(ctx, i) : JS_EXCEPTION;
    case TAG_FLOAT:
        return take(ctx, r, &d, 8) ? JS_NewFloat64(ctx, d) : JS_EXCEPTION;
    case TAG_DATE:
        return take(ctx, r, &d, 8) ? JS_NewDate(ctx, d) : JS_EXCEPTION;
    case TAG_STRING:
        return wq_read_text(ctx, r, &text, &n) ? JS_NewStringLen(ctx, text, n) : JS_EXCEPTION;
    case TAG_BYTES:
        return wq_read_text(ctx, r, &text, &n) ? JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text, n) : JS_EXCEPTION;
    case TAG_BIGINT:
        return read_bigint(ctx, r);
    case TAG_ERROR:
        return read_error(ctx, r);
    case TAG_JSON:
        return read_json(ctx, r);
    case TAG_FUNC:
        return wq_go_function(ctx, r);
    case TAG_ITER:
        return read_iterator(ctx, r);
    case TAG_REF:
        if (!wq_read_u32(ctx, r, &n) || !wq_read_u8(ctx, r, &tag))
            return JS_EXCEPTION;
        return wq_handle_get(ctx, n);
    case TAG_ARRAY:
    case TAG_OBJECT:
    case TAG_MAP:
    case TAG_SET:
        if (r->depth >= WQ_MAX_DEPTH) {
            JS_ThrowRangeError(ctx, "%s", fault_text[FAULT_DEPTH]);
            return JS_EXCEPTION;
        }
        r->depth++;
        v = read_nested(ctx, r, tag);
        r->depth--;
        return v;
    }
    malformed(ctx);
    return JS_EXCEPTION;
}
