/* TLS over connected sockets: options become records of bytes, the rest is the
 * host's. */
#include <errno.h>
#include <string.h>
#include "sockets.h"

/* The encoded options: name, NUL, length as u32, value, and so on. */
typedef struct {
    uint8_t *ptr;
    size_t len, cap;
} records;

#define MAX_OPTIONS (1 << 20)

static bool put(JSContext *ctx, records *r, const void *p, size_t n)
{
    if (n > MAX_OPTIONS || r->len + n > MAX_OPTIONS) {
        JS_ThrowRangeError(ctx, "the TLS options are larger than %d bytes", MAX_OPTIONS);
        return false;
    }
    if (r->len + n > r->cap) {
        size_t cap = (r->len + n) * 2;
        uint8_t *q = js_realloc(ctx, r->ptr, cap);
        if (!q)
            return false;
        r->ptr = q;
        r->cap = cap;
    }
    if (n > 0)
        memcpy(r->ptr + r->len, p, n);
    r->len += n;
    return true;
}

static bool put_record(JSContext *ctx, records *r, const char *name, const void *p, size_t n)
{
    uint32_t len = n;
    return put(ctx, r, name, strlen(name) + 1) && put(ctx, r, &len, sizeof(len)) && put(ctx, r, p, n);
}

static bool put_value(JSContext *ctx, records *r, const char *name, JSValueConst v, int depth);

static bool put_array(JSContext *ctx, records *r, const char *name, JSValueConst v, int depth)
{
    int64_t n = 0;
    if (depth > 0) {
        JS_ThrowTypeError(ctx, "%s: a list in a list", name);
        return false;
    }
    if (JS_GetLength(ctx, v, &n) < 0)
        return false;
    for (int64_t i = 0; i < n; i++) {
        JSValue item = JS_GetPropertyInt64(ctx, v, i);
        bool ok = !JS_IsException(item) && put_value(ctx, r, name, item, depth + 1);
        JS_FreeValue(ctx, item);
        if (!ok)
            return false;
    }
    return true;
}

/* A string, number, boolean or bytes, or a list of them; undefined and null are
 * left out. */
static bool put_value(JSContext *ctx, records *r, const char *name, JSValueConst v, int depth)
{
    size_t n;
    bool ok;
    if (JS_IsUndefined(v) || JS_IsNull(v))
        return true;
    if (JS_IsArray(v))
        return put_array(ctx, r, name, v, depth);
    if (JS_IsObject(v)) {
        uint8_t *p;
        return wq_bytes(ctx, v, JS_UNDEFINED, JS_UNDEFINED, false, &p, &n) && put_record(ctx, r, name, p, n);
    }
    const char *s = wq_utf8(ctx, v, &n);
    if (!s)
        return false;
    ok = put_record(ctx, r, name, s, n);
    JS_FreeCString(ctx, s);
    return ok;
}

static bool put_option(JSContext *ctx, records *r, const char *name, JSValueConst options)
{
    JSValue v = JS_GetPropertyStr(ctx, options, name);
    bool ok = !JS_IsException(v) && put_value(ctx, r, name, v, 0);
    JS_FreeValue(ctx, v);
    return ok;
}

/* certs: [{cert, key}] */
static bool put_certs(JSContext *ctx, records *r, JSValueConst options)
{
    JSValue list = JS_GetPropertyStr(ctx, options, "certs");
    bool ok = !JS_IsException(list);
    int64_t n = 0;
    if (ok && !JS_IsUndefined(list) && !JS_IsNull(list)) {
        if (!JS_IsArray(list)) {
            JS_ThrowTypeError(ctx, "certs must be a list of {cert, key}");
            ok = false;
        }
        ok = ok && JS_GetLength(ctx, list, &n) == 0;
    }
    for (int64_t i = 0; ok && i < n; i++) {
        JSValue pair = JS_GetPropertyInt64(ctx, list, i);
        ok = !JS_IsException(pair) && put_option(ctx, r, "cert", pair) && put_option(ctx, r, "key", pair);
        JS_FreeValue(ctx, pair);
    }
    JS_FreeValue(ctx, list);
    return ok;
}

static const char *const option_names[] = {
    "isServer", "cert", "key", "ca", "servername", "requestCert", "rejectUnauthorized", "alpn", "minVersion",
    "maxVersion", "handshakeTimeout",
};

/* An fd of a TLS context, or -1 with a pending exception. */
static int32_t new_context(JSContext *ctx, JSValueConst options)
{
    records r = { 0 };
    int32_t fd = -1;
    bool ok = true;
    if (!JS_IsObject(options)) {
        JS_ThrowTypeError(ctx, "the TLS options must be an object");
        return -1;
    }
    for (size_t i = 0; ok && i < countof(option_names); i++)
        ok = put_option(ctx, &r, option_names[i], options);
    if (ok && put_certs(ctx, &r, options)) {
        fd = wq_tls_context(r.ptr, r.len);
        if (fd < 0) {
            wq_throw_errno(ctx, fd, "tls_context", NULL, 0);
            fd = -1;
        }
    }
    js_free(ctx, r.ptr);
    return fd;
}

/* tls_context(options) -> fd for any number of tls_wrap */
static JSValue js_tls_context(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd = new_context(ctx, argv[0]);
    return fd < 0 ? JS_EXCEPTION : JS_NewInt32(ctx, fd);
}

/* tls_wrap(fd, options or context, servername) -> fd */
static JSValue js_tls_wrap(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd, context, r;
    size_t len = 0;
    const char *name = NULL;
    bool own = !JS_IsNumber(argv[1]);
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    if (!JS_IsUndefined(argv[2])) {
        name = wq_utf8(ctx, argv[2], &len);
        if (!name)
            return JS_EXCEPTION;
    }
    if (own)
        context = new_context(ctx, argv[1]);
    else
        wq_to_fd(ctx, argv[1], &context);
    if (own && context < 0) {
        if (name)
            JS_FreeCString(ctx, name);
        return JS_EXCEPTION;
    }
    r = wq_tls_wrap(fd, context, name ? name : "", len);
    if (r >= 0)
        wq_tail_clear(r); /* what came in the clear is no part of what is secured */
    JSValue v = r < 0 ? wq_throw_errno(ctx, r, "tls_wrap", NULL, 0) : JS_NewInt32(ctx, r);
    if (own)
        wq_close(context);
    if (name)
        JS_FreeCString(ctx, name);
    return v;
}

/* tls_handshake(fd): waits for its end */
static JSValue js_tls_handshake(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd, r;
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    r = wq_tls_handshake(fd);
    return r < 0 ? wq_throw_errno(ctx, r, "tls_handshake", NULL, 0) : JS_NewInt32(ctx, 0);
}

/* tls_info(fd) -> object, or null before the handshake has ended */
static JSValue js_tls_info(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd, n;
    char *text;
    JSValue v;
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    n = wq_tls_info(fd);
    if (n == -ENOTCONN)
        return JS_NULL;
    if (n < 0)
        return wq_throw_errno(ctx, n, "tls_info", NULL, 0);
    text = wq_take(ctx, n);
    if (!text)
        return JS_EXCEPTION;
    v = JS_ParseJSON(ctx, text, n, "<tls_info>");
    js_free(ctx, text);
    return v;
}

const JSCFunctionListEntry wq_tls_funcs[] = {
    JS_CFUNC_DEF("tls_context", 1, js_tls_context),
    JS_CFUNC_DEF("tls_wrap", 3, js_tls_wrap),
    JS_CFUNC_DEF("tls_handshake", 1, js_tls_handshake),
    JS_CFUNC_DEF("tls_info", 1, js_tls_info),
};
const int wq_tls_funcs_len = countof(wq_tls_funcs);

/* ---- for the JS library ---- */

/* handshakeStart(fd, callback(status, id)) -> id */
static JSValue handshake_start(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd, id, r;
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    id = wq_event_new_op(ctx, argv[1]);
    if (id < 0)
        return JS_EXCEPTION;
    r = wq_tls_handshake_start(id, fd);
    if (r < 0) {
        wq_event_drop_op(ctx, id);
        return wq_throw_errno(ctx, r, "tls_handshake", NULL, 0);
    }
    return JS_NewInt32(ctx, id);
}

/* handshakeResult(id) -> 0 or -errno, whose text errnoError finds */
static JSValue handshake_result(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, wq_tls_handshake_result(id));
}

const JSCFunctionListEntry wq_tls_native_funcs[] = {
    JS_CFUNC_DEF("handshakeStart", 2, handshake_start),
    JS_CFUNC_DEF("handshakeResult", 1, handshake_result),
};
const int wq_tls_native_funcs_len = countof(wq_tls_native_funcs);
