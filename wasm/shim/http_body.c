/* Bodies of requests: decoding, and reading by the script. */
#include <string.h>
#include "http_server.h"

static int fail(exchange *x, int status, const char *code, const char *reason)
{
    x->fail_status = status;
    x->fail_code = code;
    x->fail_reason = reason;
    return -1;
}

/* ---- decoding ---- */

static int on_body(llhttp_t *p, const char *at, size_t len)
{
    exchange *x = p->data;
    uint64_t limit = x->c->s->max_body;
    x->body_total += len;
    if (x->body_total > limit)
        return fail(x, 413, "E2BIG", "the body is longer than maxBodySize");
    if (x->discard)
        return x->body_total > MAX_DISCARD ? fail(x, 413, "E2BIG", "nobody wants the body") : 0;
    if ((x->reading == READ_BYTES || x->reading == READ_TEXT) && x->body_len + len > x->read_limit)
        return fail(x, 413, "E2BIG", "the body is longer than the limit");
    if (x->body_len + len > x->body_cap) {
        size_t cap = x->body_len + len;
        uint8_t *n;
        if (x->body_cap) /* grows: to the known length, or by half */
            cap += cap / 2;
        else if (!(p->flags & F_CHUNKED) && p->content_length < BODY_AHEAD)
            cap += p->content_length; /* what of it is still to come */
        n = js_realloc(x->c->s->ctx, x->body, cap);
        if (!n) {
            JS_FreeValue(x->c->s->ctx, JS_GetException(x->c->s->ctx));
            return fail(x, 413, "ENOMEM", "no memory for the body");
        }
        x->body = n;
        x->body_cap = cap;
    }
    memcpy(x->body + x->body_len, at, len);
    x->body_len += len;
    return 0;
}

static int on_chunk_header(llhttp_t *p)
{
    exchange *x = p->data;
    uint64_t limit = x->c->s->max_body;
    if (p->content_length > limit || x->body_total > limit - p->content_length)
        return fail(x, 413, "E2BIG", "the body is longer than maxBodySize");
    return 0;
}

static int on_chunk_extension(llhttp_t *p, const char *at, size_t len)
{
    exchange *x = p->data;
    x->ext_bytes += len;
    return x->ext_bytes > WQ_HTTP_MAX_CHUNK_EXT ? fail(x, 413, "E2BIG", "chunk extensions are longer than 16 KiB") : 0;
}

static int put_trailer(exchange *x, const char *at, size_t len)
{
    if (x->trailer_len + len > x->c->s->max_head)
        return fail(x, 431, "E2BIG", "the trailers are longer than maxHeaderSize");
    if (x->trailer_len + len > x->trailer_cap) {
        uint32_t cap = (x->trailer_len + len) * 2;
        char *n = js_realloc(x->c->s->ctx, x->trailer, cap);
        if (!n) {
            JS_FreeValue(x->c->s->ctx, JS_GetException(x->c->s->ctx));
            return fail(x, 431, "ENOMEM", "no memory for the trailers");
        }
        x->trailer = n;
        x->trailer_cap = cap;
    }
    memcpy(x->trailer + x->trailer_len, at, len);
    x->trailer_len += len;
    return 0;
}

static int on_trailer(llhttp_t *p, const char *at, size_t len) { return put_trailer(p->data, at, len); }

static int on_trailer_name_end(llhttp_t *p)
{
    exchange *x = p->data;
    if (x->n_trailers++ == (uint32_t)x->c->s->max_fields)
        return fail(x, 431, "E2BIG", "more trailers than maxHeadersCount");
    return put_trailer(x, "", 1);
}

static int on_trailer_end(llhttp_t *p)
{
    exchange *x = p->data;
    char *t = x->trailer;
    while (x->trailer_len && (t[x->trailer_len - 1] == ' ' || t[x->trailer_len - 1] == '\t'))
        x->trailer_len--;
    return put_trailer(x, "", 1);
}

static int on_message_complete(llhttp_t *p)
{
    ((exchange *)p->data)->body_done = true;
    return HPE_PAUSED;
}

static llhttp_settings_t settings = {
    .on_body = on_body,
    .on_chunk_header = on_chunk_header,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_header_field = on_trailer,
    .on_header_field_complete = on_trailer_name_end,
    .on_header_value = on_trailer,
    .on_header_value_complete = on_trailer_end,
    .on_message_complete = on_message_complete,
};

void body_begin(exchange *x)
{
    x->parser.settings = &settings;
    x->parser.data = x;
    x->parser.upgrade = 0;
    llhttp_resume(&x->parser);
}

bool body_wanted(const exchange *x)
{
    return x->reading == READ_BYTES || x->reading == READ_TEXT || x->body_len < BODY_AHEAD;
}

/* ---- reading ---- */

static void *realloc_body(JSRuntime *rt, void *opaque, void *p, size_t size)
{
    if (size)
        return js_realloc_rt(rt, p, size);
    js_free_rt(rt, p);
    return NULL;
}

static JSValue take_bytes(exchange *x, JSContext *ctx)
{
    uint8_t *p = x->body;
    size_t n = x->body_len;
    x->body = NULL;
    x->body_len = x->body_cap = 0;
    return p ? JS_NewUint8Array(ctx, p, n, realloc_body, NULL, false) : JS_NewUint8ArrayCopy(ctx, (const uint8_t *)"", 0);
}

static JSValue take_text(exchange *x, JSContext *ctx)
{
    const uint8_t *p = x->body;
    size_t n = x->body_len;
    JSValue v;
    if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
        p += 3;
        n -= 3;
    }
    v = wq_decode(ctx, p, n);
    js_free(ctx, x->body);
    x->body = NULL;
    x->body_len = x->body_cap = 0;
    return v;
}

/* What the read in progress gives; JS_UNINITIALIZED when it has to wait. */
static JSValue outcome(exchange *x, JSContext *ctx, int reading)
{
    if (reading == READ_CHUNK) {
        if (x->body_len)
            return take_bytes(x, ctx);
        return x->body_done ? JS_NULL : JS_UNINITIALIZED;
    }
    if (!x->body_done)
        return JS_UNINITIALIZED;
    return reading == READ_TEXT ? take_text(x, ctx) : take_bytes(x, ctx);
}

static void settle(exchange *x, JSContext *ctx, bool ok, JSValue v)
{
    JSValue resolve = x->resolve, reject = x->reject, arg = v;
    x->reading = READ_NONE;
    x->resolve = x->reject = JS_UNDEFINED;
    if (JS_IsException(v)) {
        arg = JS_GetException(ctx);
        ok = false;
    }
    JS_FreeValue(ctx, JS_Call(ctx, ok ? resolve : reject, JS_UNDEFINED, 1, &arg));
    JS_FreeValue(ctx, arg);
    JS_FreeValue(ctx, resolve);
    JS_FreeValue(ctx, reject);
}

void body_serve(exchange *x)
{
    JSContext *ctx = x->c->s->ctx;
    JSValue v;
    if (x->reading == READ_NONE)
        return;
    v = outcome(x, ctx, x->reading);
    if (JS_VALUE_GET_TAG(v) != JS_TAG_UNINITIALIZED)
        settle(x, ctx, true, v);
}

static JSValue make_error(JSContext *ctx, int status, const char *code, const char *reason)
{
    JSValue e = JS_NewError(ctx);
    JS_DefinePropertyValueStr(ctx, e, "message", JS_NewString(ctx, reason ? reason : "the connection was closed"),
                              JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    wq_put(ctx, e, "code", JS_NewString(ctx, code ? code : "ECONNRESET"));
    wq_put(ctx, e, "status", JS_NewInt32(ctx, status));
    return e;
}

void body_fail(exchange *x, int status, const char *code, const char *reason)
{
    JSContext *ctx = x->c->s->ctx;
    x->fail_status = status;
    x->fail_code = code;
    x->fail_reason = reason;
    if (x->reading != READ_NONE)
        settle(x, ctx, false, make_error(ctx, status, code, reason));
}

/* readBody(kind, limit) on a request: a promise of the next piece (1, null at the
 * end), of all bytes (2) or of the text (3). */
static JSValue read_body(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_req_class);
    JSValue funcs[2], promise, v;
    int32_t kind;
    double limit;
    if (!x || JS_ToInt32(ctx, &kind, argv[0]) || JS_ToFloat64(ctx, &limit, argv[1]))
        return JS_EXCEPTION;
    if (x->reading != READ_NONE)
        return JS_ThrowTypeError(ctx, "the body is being read already");
    promise = JS_NewPromiseCapability(ctx, funcs);
    if (JS_IsException(promise))
        return promise;
    x->resolve = funcs[0];
    x->reject = funcs[1];
    x->reading = kind;
    x->body_read = true;
    x->read_limit = limit >= 0 && limit < 1e15 ? limit : 1e15;
    if (kind != READ_CHUNK && x->body_len > x->read_limit) {
        settle(x, ctx, false, make_error(ctx, 413, "E2BIG", "the body is longer than the limit"));
        return promise;
    }
    v = outcome(x, ctx, kind);
    if (JS_VALUE_GET_TAG(v) != JS_TAG_UNINITIALIZED) {
        settle(x, ctx, true, v);
    } else if (!x->live) {
        body_fail(x, x->fail_status ? x->fail_status : 400, x->fail_code, x->fail_reason);
    }
    if (x->live && !x->body_done) {
        if (x->expects && !x->head_sent)
            response_continue_100(x);
        conn_touch(x->c);
    }
    return promise;
}

/* readNow(): all of the body, if it is here. */
static JSValue read_now(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_req_class);
    if (!x)
        return JS_EXCEPTION;
    if (!x->body_done || x->reading != READ_NONE || (x->body_read && x->body_total))
        return JS_NULL;
    x->body_read = true;
    return take_bytes(x, ctx);
}

const JSCFunctionListEntry wq_http_body_inner[] = {
    JS_CFUNC_DEF("readBody", 2, read_body),
    JS_CFUNC_DEF("readNow", 0, read_now),
};
const int wq_http_body_inner_len = countof(wq_http_body_inner);
