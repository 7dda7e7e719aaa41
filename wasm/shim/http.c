/* parse_http_request of wqjs:sockets: a request as JavaScript sees it. No code
 * of the script runs before the data is done with. */
#include <string.h>
#include "http_parse.h"
#include "sockets.h"

static bool put(JSContext *ctx, JSValueConst obj, const char *name, JSValue v)
{
    return wq_http_put(ctx, obj, JS_NewAtom(ctx, name), v);
}

/* ---- the request ---- */

/* What is known once the headers are complete. */
static bool put_head(wq_http *r, JSValueConst obj)
{
    JSContext *ctx = r->ctx;
    wq_span path = r->url;
    const char *end = wq_span_end(r->url), *query = wq_http_split(&path);
    char version[] = { '1', '.', '0' + r->parser.http_minor, '\0' };
    return put(ctx, obj, "method", JS_NewString(ctx, llhttp_method_name(r->parser.method))) &&
           put(ctx, obj, "url", wq_http_text(ctx, r->url, r->utf8)) &&
           put(ctx, obj, "path", wq_http_text(ctx, path, r->utf8)) &&
           put(ctx, obj, "query", wq_http_query(ctx, JS_NewObject(ctx), query ? query : end, end)) &&
           put(ctx, obj, "headers", wq_http_fields(ctx, JS_NewObject(ctx), r->fields, r->n_headers, r->utf8)) &&
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
            put(ctx, obj, "trailers", wq_http_fields(ctx, JS_NewObject(ctx), r->fields + r->n_headers,
                                                 r->n_fields - r->n_headers, r->utf8))) &&
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
