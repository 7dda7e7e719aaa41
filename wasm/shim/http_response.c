/* Responses: framing, and sending of bytes and strings. */
#include <stdio.h>
#include <string.h>
#include "http_server.h"
#include "sockets.h"

/* ---- text ---- */

static char *put(char *p, const char *s, size_t len)
{
    memcpy(p, s, len);
    return p + len;
}

static char *put_number(char *p, uint64_t n, unsigned base)
{
    char digits[24];
    int i = sizeof(digits);
    do {
        digits[--i] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    return put(p, digits + i, sizeof(digits) - i);
}

static void queued(wq_conn *c, const char *end)
{
    uint32_t n = (const uint8_t *)end - (c->out + c->out_len);
    c->out_len += n;
    c->queued += n;
}

void response_put_date(wq_conn *c)
{
    char *p = (char *)conn_room(c, HTTP_DATE_ROOM);
    if (!p)
        return;
    queued(c, p + http_date_line(p));
}

/* ---- the head ---- */

static bool bodiless(const exchange *x)
{
    return x->method == HTTP_HEAD || x->status == 204 || x->status == 304;
}

static char *put_status(char *p, JSContext *ctx, exchange *x)
{
    const char *text = NULL, *own = NULL;
    if (!JS_IsUndefined(x->message))
        text = own = JS_ToCString(ctx, x->message);
    if (!own)
        text = http_status_text(x->status);
    p = put(p, "HTTP/1.1 ", 9);
    p = put_number(p, x->status, 10);
    *p++ = ' ';
    p = put(p, text, strlen(text));
    p = put(p, "\r\n", 2);
    JS_FreeCString(ctx, own);
    return p;
}

enum { HAS_DATE = 1, HAS_CONNECTION = 2 };

static char *put_lines(char *p, const exchange *x, int *has)
{
    for (uint32_t i = 0; i < x->n_headers; i++) {
        const res_header *h = &x->headers[i];
        wq_span name = { x->hdr.at + h->at, h->name_len };
        if (!h->len)
            continue;
        if (name.len == 17 && wq_span_is(name, "transfer-encoding"))
            continue; /* set below, where it is allowed */
        if (name.len == 14 && (x->chunked || x->status == 204) && wq_span_is(name, "content-length"))
            continue;
        if (name.len == 4 && wq_span_is(name, "date"))
            *has |= HAS_DATE;
        if (name.len == 10 && wq_span_is(name, "connection"))
            *has |= HAS_CONNECTION;
        p = put(p, x->hdr.at + h->at, h->len);
    }
    return p;
}

/* Queues the head. body is the length of the whole body, if it is known. Room
 * for that many bytes more is made at once. */
bool response_head(JSContext *ctx, exchange *x, int64_t body)
{
    wq_conn *c = x->c;
    int has = 0;
    size_t room = x->hdr.len + 512 + (body > 0 && body < MAX_QUEUED ? body : 0);
    char *p;
    if (!JS_IsUndefined(x->message))
        room += 1024;
    p = (char *)conn_room(c, room);
    if (!p)
        return false;
    x->head_sent = true;
    x->no_body = bodiless(x);
    if (x->asks_close || c->last)
        x->keep_alive = false;
    if (x->length < 0 && (body < 0 || x->asks_chunked) && !x->no_body) {
        x->chunked = x->minor == 1;
        if (!x->chunked)
            x->keep_alive = false; /* the end of the connection is that of the body */
    } else if (x->asks_chunked && x->minor == 1 && !x->no_body) {
        x->chunked = true;
        x->length = -1;
    }
    if (x->expects && !x->body_read)
        x->keep_alive = false; /* whether the body comes is unknown */
    p = put_status(p, ctx, x);
    p = put_lines(p, x, &has);
    if (!(has & HAS_DATE))
        p += http_date_line(p);
    if (x->chunked) {
        p = put(p, "Transfer-Encoding: chunked\r\n", 28);
    } else if (x->length < 0 && body >= 0 && x->status != 204 && x->status != 304 && !(x->no_body && body == 0)) {
        p = put(p, "Content-Length: ", 16);
        p = put_number(p, body, 10);
        p = put(p, "\r\n", 2);
        x->length = body;
    }
    if (!(has & HAS_CONNECTION)) {
        if (!x->keep_alive)
            p = put(p, "Connection: close\r\n", 19);
        else if (x->minor == 0)
            p = put(p, "Connection: keep-alive\r\n", 24);
    }
    queued(c, put(p, "\r\n", 2));
    return true;
}

bool response_text(exchange *x, const char *s, size_t len)
{
    char *p = (char *)conn_room(x->c, len);
    if (!p)
        return false;
    queued(x->c, put(p, s, len));
    return true;
}

void response_continue_100(exchange *x)
{
    x->expects = false;
    if (!x->head_sent && response_text(x, "HTTP/1.1 100 Continue\r\n\r\n", 25))
        conn_touch(x->c);
}

/* ---- the body ---- */

static bool send_body(exchange *x, const uint8_t *bytes, size_t len)
{
    char *p;
    if (x->no_body || !len)
        return true;
    p = (char *)conn_room(x->c, len + 24);
    if (!p)
        return false;
    if (x->chunked) {
        p = put_number(p, len, 16);
        p = put(p, "\r\n", 2);
    }
    p = put(p, (const char *)bytes, len);
    if (x->chunked)
        p = put(p, "\r\n", 2);
    queued(x->c, p);
    x->written += len;
    return true;
}

void response_finish(exchange *x)
{
    wq_conn *c = x->c;
    if (x->chunked && !x->no_body) {
        char *p = (char *)conn_room(c, x->out_trailer.len + 5);
        if (!p)
            return;
        p = put(p, "0\r\n", 3);
        if (x->out_trailer.len)
            p = put(p, x->out_trailer.at, x->out_trailer.len);
        queued(c, put(p, "\r\n", 2));
    }
    if (x->length >= 0 && x->written < x->length && !x->no_body) {
        x->keep_alive = false; /* cut short: the peer sees it by the closing */
        c->last = true;
    }
    x->ended = true;
    x->end_mark = c->queued;
    conn_touch(c);
}

void response_drained(exchange *x)
{
    JSContext *ctx = x->c->s->ctx;
    JSValue f = x->drained_resolve, v = x->drained;
    if (JS_IsUndefined(f))
        return;
    x->drained = x->drained_resolve = JS_UNDEFINED;
    JS_FreeValue(ctx, JS_Call(ctx, f, JS_UNDEFINED, 0, NULL));
    JS_FreeValue(ctx, f);
    JS_FreeValue(ctx, v);
}

/* What write() gives. */
static JSValue backpressure(JSContext *ctx, exchange *x)
{
    wq_conn *c = x->c;
    JSValue funcs[2];
    if (c->out_len - c->out_pos >= SEND_SOON && !conn_flush(c))
        return JS_TRUE;
    conn_touch(c);
    if (!x->live || (c->out_len - c->out_pos < HIGH_WATER && x->burst < BURST))
        return JS_TRUE;
    if (x->burst >= BURST) {
        conn_later(c);
        if (!x->live)
            return JS_TRUE;
    }
    if (JS_IsUndefined(x->drained)) {
        JSValue p = JS_NewPromiseCapability(ctx, funcs);
        if (JS_IsException(p))
            return p;
        JS_FreeValue(ctx, funcs[1]);
        x->drained = p;
        x->drained_resolve = funcs[0];
    }
    return JS_DupValue(ctx, x->drained);
}

exchange *response_open(JSContext *ctx, JSValueConst this_val)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    if (x && x->ended) {
        JS_ThrowTypeError(ctx, "the response has ended");
        return NULL;
    }
    return x;
}

bool response_fits(JSContext *ctx, exchange *x, size_t len, bool last)
{
    int64_t all = x->written + len;
    if (x->length < 0 || x->no_body || (!x->head_sent && bodiless(x)) || all == x->length || (all < x->length && !(last && !x->head_sent)))
        return true;
    JS_ThrowRangeError(ctx, "Content-Length is %lld, the body has %lld bytes", (long long)x->length, (long long)all);
    return false;
}

static JSValue res_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = response_open(ctx, this_val);
    wq_payload p;
    JSValue v = JS_TRUE;
    if (!x || !wq_to_payload(ctx, argv[0], JS_UNDEFINED, JS_UNDEFINED, &p))
        return JS_EXCEPTION;
    if (x->live) {
        if (x->c->out_len - x->c->out_pos > MAX_QUEUED) {
            v = JS_ThrowRangeError(ctx, "more than 16 MiB wait to be sent: await write()");
        } else if (!response_fits(ctx, x, p.len, false)) {
            v = JS_EXCEPTION;
        } else if ((x->head_sent || response_head(ctx, x, -1)) && send_body(x, p.ptr, p.len)) {
            x->burst += p.len;
            v = backpressure(ctx, x);
        }
    }
    wq_payload_free(ctx, &p);
    return v;
}

void response_whole(JSContext *ctx, exchange *x, const uint8_t *bytes, size_t len)
{
    if ((x->head_sent || response_head(ctx, x, len)) && send_body(x, bytes, len))
        response_finish(x);
}

static JSValue res_end(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    wq_payload p = { .len = 0 };
    bool given = !JS_IsUndefined(argv[0]) && !JS_IsNull(argv[0]), ok;
    if (!x)
        return JS_EXCEPTION;
    if (x->ended) {
        if (given)
            return JS_ThrowTypeError(ctx, "the response has ended");
        return JS_DupValue(ctx, this_val);
    }
    if (given && !wq_to_payload(ctx, argv[0], JS_UNDEFINED, JS_UNDEFINED, &p))
        return JS_EXCEPTION;
    ok = response_fits(ctx, x, p.len, true);
    if (ok && x->live)
        response_whole(ctx, x, p.ptr, p.len);
    else if (ok)
        x->ended = true;
    if (given)
        wq_payload_free(ctx, &p);
    return ok ? JS_DupValue(ctx, this_val) : JS_EXCEPTION;
}

static JSValue flush_headers(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    if (!x)
        return JS_EXCEPTION;
    if (x->live && !x->head_sent && response_head(ctx, x, -1))
        conn_touch(x->c);
    return JS_UNDEFINED;
}

/* ---- 1xx, trailers ---- */

/* Lines of [name, value, ...]; the library made it of an object. */
static int put_pairs(JSContext *ctx, text_buf *b, JSValueConst pairs)
{
    int64_t n;
    if (JS_GetLength(ctx, pairs, &n) < 0)
        return -1;
    for (int64_t i = 0; i + 1 < n; i += 2) {
        JSValue name = JS_GetPropertyInt64(ctx, pairs, i), value = JS_GetPropertyInt64(ctx, pairs, i + 1);
        uint32_t len;
        int r = text_line(ctx, b, name, value, &len);
        JS_FreeValue(ctx, name);
        JS_FreeValue(ctx, value);
        if (r < 0)
            return -1;
    }
    return 0;
}

/* informational(status, pairs) */
static JSValue informational(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = response_open(ctx, this_val);
    text_buf lines = { 0 };
    int32_t status;
    char *p;
    if (!x || JS_ToInt32(ctx, &status, argv[0]))
        return JS_EXCEPTION;
    if (x->head_sent)
        return JS_ThrowTypeError(ctx, "the headers were sent already");
    if (status < 100 || status > 199 || status == 101)
        return JS_ThrowRangeError(ctx, "the status of an informational response is 100 or 102 to 199");
    if (put_pairs(ctx, &lines, argv[1])) {
        js_free(ctx, lines.at);
        return JS_EXCEPTION;
    }
    if (x->live && x->minor == 1 && (p = (char *)conn_room(x->c, lines.len + 128))) {
        const char *text = http_status_text(status);
        if (status == 100)
            x->expects = false;
        p = put(p, "HTTP/1.1 ", 9);
        p = put_number(p, status, 10);
        *p++ = ' ';
        p = put(p, text, strlen(text));
        p = put(p, "\r\n", 2);
        if (lines.len)
            p = put(p, lines.at, lines.len);
        queued(x->c, put(p, "\r\n", 2));
        conn_touch(x->c);
    }
    js_free(ctx, lines.at);
    return JS_UNDEFINED;
}

static JSValue add_trailers(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = response_open(ctx, this_val);
    return !x || put_pairs(ctx, &x->out_trailer, argv[0]) ? JS_EXCEPTION : JS_UNDEFINED;
}

/* ---- properties ---- */

enum { STATUS, MESSAGE, REQ, HEAD_SENT, ENDED, FINISHED, DESTROYED, LENGTH };

static JSValue get_prop(JSContext *ctx, JSValueConst this_val, int which)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    if (!x)
        return JS_EXCEPTION;
    switch (which) {
    case STATUS:
        return JS_NewInt32(ctx, x->status);
    case MESSAGE:
        return JS_IsUndefined(x->message) ? JS_NewString(ctx, http_status_text(x->status)) : JS_DupValue(ctx, x->message);
    case REQ:
        return JS_DupValue(ctx, x->req);
    case HEAD_SENT:
        return JS_NewBool(ctx, x->head_sent);
    case ENDED:
        return JS_NewBool(ctx, x->ended);
    case FINISHED:
        return JS_NewBool(ctx, x->ended && x->c->sent >= x->end_mark && x->head_sent);
    case DESTROYED:
        return JS_NewBool(ctx, x->c->fd < 0);
    case LENGTH:
        return JS_NewInt64(ctx, x->live ? x->c->out_len - x->c->out_pos : 0);
    }
    return JS_UNDEFINED;
}

static JSValue set_prop(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    double d;
    const char *s;
    if (!x)
        return JS_EXCEPTION;
    if (which == STATUS) {
        if (JS_ToFloat64(ctx, &d, v))
            return JS_EXCEPTION;
        if (!(d >= 200 && d <= 999) || d != (int)d)
            return JS_ThrowRangeError(ctx, "statusCode must be an integer from 200 to 999");
        x->status = d;
        return JS_UNDEFINED;
    }
    if (JS_IsUndefined(v)) {
        JS_FreeValue(ctx, x->message);
        x->message = JS_UNDEFINED;
        return JS_UNDEFINED;
    }
    s = JS_ToCString(ctx, v);
    if (!s)
        return JS_EXCEPTION;
    for (const char *p = s; *p || p - s > 256; p++) {
        if (*p < 0x20 || *p == 0x7f || p - s > 256) {
            JS_FreeCString(ctx, s);
            return JS_ThrowTypeError(ctx, "statusMessage must be short text in ASCII");
        }
    }
    JS_FreeValue(ctx, x->message);
    x->message = JS_NewString(ctx, s);
    JS_FreeCString(ctx, s);
    return JS_UNDEFINED;
}

const JSCFunctionListEntry wq_http_res_funcs[] = {
    JS_CGETSET_MAGIC_DEF("statusCode", get_prop, set_prop, STATUS),
    JS_CGETSET_MAGIC_DEF("statusMessage", get_prop, set_prop, MESSAGE),
    JS_CGETSET_MAGIC_DEF("req", get_prop, NULL, REQ),
    JS_CGETSET_MAGIC_DEF("headersSent", get_prop, NULL, HEAD_SENT),
    JS_CGETSET_MAGIC_DEF("writableEnded", get_prop, NULL, ENDED),
    JS_CGETSET_MAGIC_DEF("finished", get_prop, NULL, FINISHED),
    JS_CGETSET_MAGIC_DEF("destroyed", get_prop, NULL, DESTROYED),
    JS_CGETSET_MAGIC_DEF("writableLength", get_prop, NULL, LENGTH),
    JS_CFUNC_DEF("write", 1, res_write),
    JS_CFUNC_DEF("end", 1, res_end),
    JS_CFUNC_DEF("flushHeaders", 0, flush_headers),
};
const int wq_http_res_funcs_len = countof(wq_http_res_funcs);

/* For the library. */
const JSCFunctionListEntry wq_http_res_inner[] = {
    JS_CFUNC_DEF("informational", 2, informational),
    JS_CFUNC_DEF("addTrailers", 1, add_trailers),
};
const int wq_http_res_inner_len = countof(wq_http_res_inner);
