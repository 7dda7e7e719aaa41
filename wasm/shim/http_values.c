/* What is parsed of an HTTP message, as JavaScript values. Nothing here runs code
 * of the script. */
#include <string.h>
#include "http_parse.h"

bool wq_http_put(JSContext *ctx, JSValueConst obj, JSAtom name, JSValue v)
{
    bool ok = name != JS_ATOM_NULL && !JS_IsException(v);
    if (ok)
        ok = JS_DefinePropertyValue(ctx, obj, name, v, JS_PROP_C_W_E) >= 0;
    else
        JS_FreeValue(ctx, v);
    JS_FreeAtom(ctx, name);
    return ok;
}

/* Nothing is lost: text of a string is read as UTF-8, text of bytes as Latin-1. */
JSValue wq_http_text(JSContext *ctx, wq_span s, bool utf8)
{
    uint16_t *wide;
    JSValue v;
    size_t i = 0;
    while (i < s.len && !(s.at[i] & 0x80))
        i++;
    if (i == s.len || utf8)
        return wq_decode(ctx, (const uint8_t *)s.at, s.len);
    wide = js_malloc(ctx, s.len * 2);
    if (!wide)
        return JS_EXCEPTION;
    for (i = 0; i < s.len; i++)
        wide[i] = (uint8_t)s.at[i];
    v = JS_NewStringUTF16(ctx, wide, s.len);
    js_free(ctx, wide);
    return v;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : wq_lower(c) >= 'a' && wq_lower(c) <= 'f' ? wq_lower(c) - 'a' + 10 : -1;
}

/* application/x-www-form-urlencoded; a % that starts no escape stays. */
static JSValue unescape(JSContext *ctx, const char *p, const char *end, uint8_t *buf)
{
    size_t n = 0;
    for (; p < end; p++) {
        bool escape = *p == '%' && end - p > 2 && hex(p[1]) >= 0 && hex(p[2]) >= 0;
        buf[n++] = escape ? hex(p[1]) << 4 | hex(p[2]) : *p == '+' ? ' ' : *p;
        if (escape)
            p += 2;
    }
    return wq_decode(ctx, buf, n);
}

/* {key: value}; of equal keys the last counts. */
JSValue wq_http_query(JSContext *ctx, JSValue obj, const char *p, const char *end)
{
    uint8_t *buf = js_malloc(ctx, end - p + 1);
    bool ok = buf && !JS_IsException(obj);
    while (ok && p < end) {
        const char *amp = memchr(p, '&', end - p), *stop = amp ? amp : end;
        const char *eq = memchr(p, '=', stop - p);
        if (stop > p) {
            JSValue key = unescape(ctx, p, eq ? eq : stop, buf);
            JSAtom name = JS_IsException(key) ? JS_ATOM_NULL : JS_ValueToAtom(ctx, key);
            JS_FreeValue(ctx, key);
            ok = wq_http_put(ctx, obj, name, unescape(ctx, eq ? eq + 1 : stop, stop, buf));
        }
        p = stop + 1;
    }
    js_free(ctx, buf);
    if (ok)
        return obj;
    JS_FreeValue(ctx, obj);
    return JS_EXCEPTION;
}

/* Of these, as in node:http, the first line counts and the rest is dropped. */
static const char *const singles[] = {
    "age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host",
    "if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards",
    "proxy-authorization", "referer", "retry-after", "server", "user-agent",
};

static bool is_single(wq_span name)
{
    for (size_t i = 0; i < countof(singles); i++) {
        if (wq_span_is(name, singles[i]))
            return true;
    }
    return false;
}

/* The value of field f, with those of later fields of the same name: they are
 * marked as done by freeing their atoms. */
static JSValue field_value(JSContext *ctx, JSAtom name, wq_http_field *f, wq_http_field *end, char *buf, bool utf8)
{
    bool list = wq_span_is(f->name, "set-cookie");
    const char *sep = wq_span_is(f->name, "cookie") ? "; " : ", ";
    JSValue arr = list ? JS_NewArray(ctx) : JS_UNDEFINED;
    uint32_t count = 0;
    wq_span joined = { buf, 0 };
    for (wq_http_field *g = f; g < end && !JS_IsException(arr); g++) {
        if (g != f) {
            if (g->atom != name)
                continue;
            JS_FreeAtom(ctx, name);
            g->atom = JS_ATOM_NULL;
        }
        if (list) {
            JSValue v = wq_http_text(ctx, g->value, utf8);
            if (JS_IsException(v) || JS_DefinePropertyValueUint32(ctx, arr, count++, v, JS_PROP_C_W_E) < 0) {
                JS_FreeValue(ctx, arr);
                arr = JS_EXCEPTION;
            }
        } else if (g == f || !is_single(f->name)) {
            if (g != f) {
                memcpy(buf + joined.len, sep, 2);
                joined.len += 2;
            }
            memcpy(buf + joined.len, g->value.at, g->value.len);
            joined.len += g->value.len;
        }
    }
    return list ? arr : wq_http_text(ctx, joined, utf8);
}

JSValue wq_http_fields(JSContext *ctx, JSValue obj, wq_http_field *from, int n, bool utf8)
{
    wq_http_field *end = from + n;
    size_t cap = 1;
    char *buf;
    bool ok;
    for (wq_http_field *f = from; f < end; f++)
        cap += f->name.len + f->value.len + 2;
    buf = js_malloc(ctx, cap);
    ok = buf && !JS_IsException(obj);
    for (wq_http_field *f = from; ok && f < end; f++) {
        for (size_t i = 0; i < f->name.len; i++)
            buf[i] = wq_lower(f->name.at[i]);
        f->atom = JS_NewAtomLen(ctx, buf, f->name.len);
        ok = f->atom != JS_ATOM_NULL;
    }
    for (wq_http_field *f = from; ok && f < end; f++) {
        JSAtom name = f->atom;
        f->atom = JS_ATOM_NULL;
        if (name != JS_ATOM_NULL)
            ok = wq_http_put(ctx, obj, name, field_value(ctx, name, f, end, buf, utf8));
    }
    for (wq_http_field *f = from; f < end; f++)
        JS_FreeAtom(ctx, f->atom);
    js_free(ctx, buf);
    if (ok)
        return obj;
    JS_FreeValue(ctx, obj);
    return JS_EXCEPTION;
}
