/* What a peer sends: heads of requests, and bodies. */
#include <stdio.h>
#include <string.h>
#include "http_server.h"

static wq_http head; /* one is parsed at a time */

void conn_refuse(wq_conn *c, int status)
{
    exchange *x = c->x;
    uint8_t *p;
    if (x && x->head_sent) { /* too late for an answer */
        conn_close(c);
        return;
    }
    p = conn_room(c, 256);
    if (!p)
        return;
    if (http_observing)
        http_observe(c, x, status);
    p += sprintf((char *)p, "HTTP/1.1 %d %s\r\n", status, http_status_text(status));
    c->queued += p - (c->out + c->out_len);
    c->out_len = p - c->out;
    response_put_date(c);
    p = conn_room(c, 64);
    if (!p)
        return;
    memcpy(p, "Connection: close\r\nContent-Length: 0\r\n\r\n", 40);
    c->out_len += 40;
    c->queued += 40;
    c->last = c->unread = true;
    if (x) {
        JSValue req = c->req, res = c->res;
        c->x = NULL;
        c->req = c->res = JS_UNDEFINED;
        x->live = false;
        exchange_abort(x, status, x->fail_code, x->fail_reason);
        exchange_release(x);
        JS_FreeValue(c->s->ctx, res);
        JS_FreeValue(c->s->ctx, req);
    }
}

/* Whether an incomplete head is worth parsing again: it ends in the bytes from
 * seen on, has a line end that is none, or has doubled (for other mistakes). */
static bool worth_parsing(const uint8_t *p, uint32_t len, uint32_t seen, uint32_t max)
{
    if (seen == 0 || len >= max || len >= 2 * seen)
        return true;
    for (uint32_t i = seen > 3 ? seen - 3 : 0; i < len; i++) {
        if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r' || (i >= 3 && p[i - 2] == '\n')))
            return true;
    }
    return false;
}

/* The bytes of the head at p; 0 when it is incomplete, -1 when it was refused. */
static int32_t take_head(wq_conn *c, const uint8_t *p, uint32_t len, uint32_t seen)
{
    server *s = c->s;
    exchange *x;
    if (!worth_parsing(p, len, seen, s->max_head))
        return 0;
    memset(&head, 0, offsetof(wq_http, fields));
    head.ctx = s->ctx;
    head.head_only = true;
    head.max_url = s->max_url;
    head.max_fields = s->max_fields;
    if (wq_http_parse(&head, (const char *)p, len < s->max_head ? len : s->max_head)) {
        conn_refuse(c, head.status);
        return -1;
    }
    if (!head.head_done) {
        if (len < s->max_head)
            return 0;
        conn_refuse(c, 431);
        return -1;
    }
    if ((head.parser.flags & F_TRANSFER_ENCODING) && !(head.parser.flags & F_CHUNKED)) {
        conn_refuse(c, 400); /* where the body ends is unknown */
        return -1;
    }
    if (head.parser.method == HTTP_CONNECT && !s->upgrades) {
        conn_refuse(c, 501);
        return -1;
    }
    if (head.content_length > s->max_body && !(head.parser.flags & F_CHUNKED)) {
        conn_refuse(c, 413);
        return -1;
    }
    x = exchange_new(c, &head);
    if (!x) {
        JS_FreeValue(s->ctx, JS_GetException(s->ctx));
        conn_refuse(c, 503);
        return -1;
    }
    if (x->fail_status) {
        conn_refuse(c, x->fail_status);
        exchange_release(x);
        return -1;
    }
    c->x = x;
    c->n_requests++;
    s->n_requests++;
    if (s->closing || c->n_requests >= (uint32_t)s->max_requests)
        x->keep_alive = false;
    return llhttp_get_error_pos(&head.parser) - (const char *)p;
}

/* How much of p was body; what follows a complete one is left. */
static uint32_t take_body(wq_conn *c, const uint8_t *p, uint32_t len)
{
    exchange *x = c->x;
    llhttp_errno_t err = llhttp_execute(&x->parser, (const char *)p, len);
    if (err == HPE_OK || err == HPE_PAUSED) {
        if (c->wait == WAIT_BODY) { /* progress, but not for ever */
            conn_wait(c, WAIT_BODY);
            if (c->s->request_ticks && (int32_t)(c->s->tick - x->deadline) >= 0) {
                x->fail_code = "ETIMEDOUT";
                x->fail_reason = "the request took too long";
                conn_refuse(c, 408);
                return len;
            }
        }
        return x->body_done ? (uint32_t)(llhttp_get_error_pos(&x->parser) - (const char *)p) : len;
    }
    if (!x->fail_status) {
        x->fail_status = 400;
        x->fail_code = llhttp_errno_name(err);
        x->fail_reason = "the body is malformed";
    }
    conn_refuse(c, x->fail_status);
    return len;
}

/* The handler's turn. What it throws and what its promise rejects with goes to
 * the library. */
static void call_handler(wq_conn *c)
{
    server *s = c->s;
    JSContext *ctx = s->ctx;
    JSValue argv[4], ret;
    bool thrown;
    if (exchange_objects(c->x, &c->req, &c->res)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        conn_refuse(c, 503);
        return;
    }
    argv[0] = JS_DupValue(ctx, c->req); /* the connection may let them go */
    argv[1] = JS_DupValue(ctx, c->res);
    ret = JS_Call(ctx, s->handler, JS_UNDEFINED, 2, argv);
    thrown = JS_IsException(ret);
    if (thrown || (JS_IsPromise(ret) && JS_PromiseState(ctx, ret) != JS_PROMISE_FULFILLED)) {
        argv[2] = thrown ? JS_GetException(ctx) : ret;
        argv[3] = JS_NewBool(ctx, thrown);
        if (thrown && JS_IsUncatchableError(argv[2]))
            conn_close(c); /* the turn ends when the microtasks do */
        else
            server_call(s, s->on_result, 4, argv);
        JS_FreeValue(ctx, argv[2]);
    } else {
        JS_FreeValue(ctx, ret);
    }
    JS_FreeValue(ctx, argv[0]);
    JS_FreeValue(ctx, argv[1]);
}

/* Gives the connection to the script: on_upgrade(req, fd, address, port, rest). */
static void upgrade(wq_conn *c, const uint8_t *p, uint32_t len)
{
    server *s = c->s;
    JSContext *ctx = s->ctx;
    exchange *x = c->x;
    JSValue argv[5], res;
    int32_t fd;
    if (exchange_objects(x, &argv[0], &res)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        conn_close(c);
        return;
    }
    c->x = NULL;
    x->live = false;
    c->rc++;
    fd = conn_detach(c);
    argv[1] = JS_NewInt32(ctx, fd);
    argv[2] = JS_NewStringLen(ctx, c->addr, c->addr_len);
    argv[3] = JS_NewInt32(ctx, c->port);
    argv[4] = JS_NewUint8ArrayCopy(ctx, p, len);
    server_call(s, s->on_upgrade, 5, argv);
    for (int i = 0; i < 5; i++)
        JS_FreeValue(ctx, argv[i]);
    JS_FreeValue(ctx, res);
    exchange_release(x);
    conn_release(c);
}

uint32_t conn_input(wq_conn *c, const uint8_t *p, uint32_t len, int *budget)
{
    uint32_t pos = 0, seen = c->in_seen;
    c->in_seen = 0;
    while (pos < len && c->fd >= 0) {
        exchange *x = c->x;
        if (!x) {
            int32_t n;
            if (c->last || --*budget < 0 || c->out_len - c->out_pos >= SEND_SOON)
                return pos;
            n = take_head(c, p + pos, len - pos, seen);
            seen = 0;
            if (n < 0)
                return len;
            if (n == 0) {
                c->in_seen = len - pos;
                return pos;
            }
            pos += n;
            x = c->x;
            if (head.upgrade && c->s->upgrades && x->body_done) {
                upgrade(c, p + pos, len - pos);
                return len;
            }
            if (!x->body_done && pos < len)
                pos += take_body(c, p + pos, len - pos);
            if (c->fd >= 0 && c->x == x)
                call_handler(c);
        } else if (!x->body_done && (x->discard || body_wanted(x))) {
            pos += take_body(c, p + pos, len - pos);
            if (c->x == x)
                body_serve(x);
        } else {
            return pos;
        }
        if (c->fd >= 0)
            conn_settle(c);
    }
    return pos;
}
