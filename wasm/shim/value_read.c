/* The value codec (value.h): bytes to values. */
#include <string.h>
#include "value.h"

static bool malformed(JSContext *ctx)
{
    JS_ThrowTypeError(ctx, "%s", wq_fault_text[FAULT_MALFORMED]);
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
    v = JS_Call(ctx, wq_helpers[pairs ? HELP_MAP : HELP_SET], JS_UNDEFINED, 1, (JSValueConst *)&list);
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
    v = JS_Call(ctx, wq_helpers[HELP_BIGINT], JS_UNDEFINED, 2, (JSValueConst *)args);
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
            JS_ThrowRangeError(ctx, "%s", wq_fault_text[FAULT_DEPTH]);
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
