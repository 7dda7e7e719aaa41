/* parse_http_request of wqjs:sockets: a request as JavaScript sees it. No code
 * of the script runs before the data is done with. */
#include <string.h>
#include "http_parse.h"
#include "sockets.h"

/* Defines an own property, whatever its name; frees name and v. */
static bool put_atom(JSContext *ctx, JSValueConst obj, JSAtom name, JSValue v)
{
    bool ok = name != JS_ATOM_NULL && !JS_IsException(v);
    if (ok)
        ok = JS_DefinePropertyValue(ctx, obj, name, v, JS_PROP_C_W_E) >= 0;
    else
        JS_FreeValue(ctx, v);
    JS_FreeAtom(ctx, name);
    return ok;
}

static bool put(JSContext *ctx, JSValueConst obj, const char *name, JSValue v)
{
    return put_atom(ctx, obj, JS_NewAtom(ctx, name), v);
}

/* Nothing is lost: text of a string is read as UTF-8, text of bytes as Latin-1. */
static JSValue text(wq_http *r, wq_span s)
{
    uint16_t *wide;
    JSValue v;
    size_t i = 0;
    while (i < s.len && !(s.at[i] & 0x80))
        i++;
    if (i == s.len || r->utf8)
        return wq_decode(r->ctx, (const uint8_t *)s.at, s.len);
    wide = js_malloc(r->ctx, s.len * 2);
    if (!wide)
        return JS_EXCEPTION;
    for (i = 0; i < s.len; i++)
        wide[i] = (uint8_t)s.at[i];
    v = JS_NewStringUTF16(r->ctx, wide, s.len);
    js_free(r->ctx, wide);
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
static JSValue query_object(JSContext *ctx, const char *p, const char *end)
{
    JSValue obj = JS_NewObject(ctx);
    uint8_t *buf = js_malloc(ctx, end - p + 1);
    bool ok = buf && !JS_IsException(obj);
    while (ok && p < end) {
        const char *amp = memchr(p, '&', end - p), *stop = amp ? amp : end;
        const char *eq = memchr(p, '=', stop - p);
        if (stop > p) {
            JSValue key = unescape(ctx, p, eq ? eq : stop, buf);
            JSAtom name = JS_IsException(key) ? JS_ATOM_NULL : JS_ValueToAtom(ctx, key);
            JS_FreeValue(ctx, key);
            ok = put_atom(ctx, obj, name, unescape(ctx, eq ? eq + 1 : stop, stop, buf));
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
static JSValue field_value(wq_http *r, JSAtom name, wq_http_field *f, wq_http_field *end, char *buf)
{
    JSContext *ctx = r->ctx;
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
            JSValue v = text(r, g->value);
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
    return list ? arr : text(r, joined);
}

static JSValue fields_object(wq_http *r, int from, int to)
{
    JSContext *ctx = r->ctx;
    wq_http_field *end = &r->fields[to];
    JSValue obj = JS_NewObject(ctx);
    size_t cap = 1;
    char *buf;
    bool ok;
    for (wq_http_field *f = &r->fields[from]; f < end; f++)
        cap += f->name.len + f->value.len + 2;
    buf = js_malloc(ctx, cap);
    ok = buf && !JS_IsException(obj);
    for (wq_http_field *f = &r->fields[from]; ok && f < end; f++) {
        for (size_t i = 0; i < f->name.len; i++)
            buf[i] = wq_lower(f->name.at[i]);
        f->atom = JS_NewAtomLen(ctx, buf, f->name.len);
        ok = f->atom != JS_ATOM_NULL;
    }
    for (wq_http_field *f = &r->fields[from]; ok && f < end; f++) {
        JSAtom name = f->atom;
        f->atom = JS_ATOM_NULL;
        if (name != JS_ATOM_NULL)
            ok = put_atom(ctx, obj, name, field_value(r, name, f, end, buf));
    }
    for (wq_http_field *f = &r->fields[from]; f < end; f++)
        JS_FreeAtom(ctx, f->atom);
    js_free(ctx, buf);
    if (ok)
        return obj;
    JS_FreeValue(ctx, obj);
    return JS_EXCEPTION;
}

/* ---- the request ---- */

/* What is known once the headers are complete. */
static bool put_head(wq_http *r, JSValueConst obj)
{
    JSContext *ctx = r->ctx;
    wq_span authority, path = r->url;
    const char *end = wq_span_end(r->url), *query;
    char version[] = { '1', '.', '0' + r->parser.http_minor, '\0' };
    if (wq_http_absolute(r->url, &authority))
        path = (wq_span){ wq_span_end(authority), end - wq_span_end(authority) };
    query = memchr(path.at, '?', path.len);
    if (query)
        path.len = query++ - path.at;
    if (!path.len)
        path = (wq_span){ "/", 1 };
    return put(ctx, obj, "method", JS_NewString(ctx, llhttp_method_name(r->parser.method))) &&
           put(ctx, obj, "url", text(r, r->url)) &&
           put(ctx, obj, "path", text(r, path)) &&
           put(ctx, obj, "query", query_object(ctx, query ? query : end, end)) &&
           put(ctx, obj, "headers", fields_object(r, 0, r->n_headers)) &&
           put(ctx, obj, "httpVersion", JS_NewString(ctx, version));
}

static bool put_complete(wq_http *r, JSValueConst obj)
{
    JSContext *ctx = r->ctx;
    const uint8_t *body = (const uint8_t *)(r->body.len ? r->body.at : "");
    return put(ctx, obj, "complete", JS_TRUE) && put_head(r, obj) &&
           put(ctx, obj, "body", r->utf8 ? wq_decode(ctx, body, r->body.len)
                                         : JS_NewUint8ArrayCopy(ctx, body, r->body.len)) &&
           (r->n_fields == r->n_headers ||
            put(ctx, obj, "trailers", fields_object(r, r->n_headers, r->n_fields))) &&
           put(ctx, obj, "keepAlive", JS_NewBool(ctx, r->keep_alive)) &&
           put(ctx, obj, "upgrade", JS_NewBool(ctx, r->upgrade)) &&
           put(ctx, obj, "bytesParsed", JS_NewInt64(ctx, llhttp_get_error_pos(&r->parser) - r->data));
}

static bool put_incomplete(wq_http *r, JSValueConst obj)
{
    JSContext *ctx = r->ctx;
    return put(ctx, obj, "complete", JS_FALSE) &&
           put(ctx, obj, "needed", JS_NewString(ctx, r->head_done ? "body" : "headers")) &&
           (!r->head_done || put_head(r, obj)) &&
           (!r->head_done || (r->parser.flags & F_CHUNKED) ||
            put(ctx, obj, "contentLength", JS_NewInt64(ctx, r->content_length)));
}

static JSValue throw_failure(JSContext *ctx, const char *code, const char *reason, int status, size_t pos)
{
    JSValue e = JS_NewInternalError(ctx, "parse_http_request: %s (%s) at byte %zu", reason, code, pos);
    if (JS_IsException(e))
        return e;
    if (put(ctx, e, "code", JS_NewString(ctx, code)) &&
        put(ctx, e, "position", JS_NewInt64(ctx, pos)) &&
        put(ctx, e, "status", JS_NewInt32(ctx, status)))
        return JS_Throw(ctx, e);
    JS_FreeValue(ctx, e);
    return JS_EXCEPTION;
}

static JSValue parse(JSContext *ctx, const char *data, size_t len, bool utf8)
{
    wq_http *r = js_malloc(ctx, sizeof(*r));
    const char *code, *reason;
    JSValue obj = JS_UNDEFINED;
    size_t pos;
    int status;
    if (!r)
        return JS_EXCEPTION;
    memset(r, 0, offsetof(wq_http, fields));
    r->ctx = ctx;
    r->utf8 = utf8;
    if (wq_http_parse(r, data, len) == 0) {
        obj = JS_NewObject(ctx);
        if (!JS_IsException(obj) && !(r->done ? put_complete(r, obj) : put_incomplete(r, obj))) {
            JS_FreeValue(ctx, obj);
            obj = JS_EXCEPTION;
        }
    } else if (r->oom) {
        obj = JS_EXCEPTION;
    }
    code = r->code;
    reason = r->reason;
    status = r->status;
    pos = code ? r->at - data : 0;
    js_free(ctx, r->copy);
    js_free(ctx, r);
    return JS_IsUndefined(obj) ? throw_failure(ctx, code, reason, status, pos) : obj;
}

/* parse_http_request(data) -> the request, or { complete: false, needed, ... }.
 * Positions and bytesParsed count bytes of the data, for a string those of its
 * UTF-8 form. */
static JSValue parse_http_request(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint8_t *p;
    size_t len;
    if (JS_IsString(argv[0])) {
        const char *s = wq_utf8(ctx, argv[0], &len);
        JSValue v;
        if (!s)
            return JS_EXCEPTION;
        v = parse(ctx, s, len, true);
        JS_FreeCString(ctx, s);
        return v;
    }
    if (!JS_IsArrayBuffer(argv[0]) && !JS_IsDataView(argv[0]) && JS_GetTypedArrayType(argv[0]) < 0)
        return JS_ThrowTypeError(ctx, "data must be a string, an ArrayBuffer, a typed array or a DataView");
    if (!wq_bytes(ctx, argv[0], JS_UNDEFINED, JS_UNDEFINED, false, &p, &len))
        return JS_EXCEPTION;
    return parse(ctx, len ? (const char *)p : "", len, false);
}

const JSCFunctionListEntry wq_http_funcs[] = {
    JS_CFUNC_DEF("parse_http_request", 1, parse_http_request),
};
const int wq_http_funcs_len = countof(wq_http_funcs);
