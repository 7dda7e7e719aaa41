/* Connections: reading, sending, waiting, and who goes on when. */
#include <errno.h>
#include <string.h>
#include "http_server.h"

#define DONTWAIT 0x40
enum { EV_IN = 1, EV_OUT = 4, EV_ERR = 8, EV_HUP = 0x10, EV_RDHUP = 0x2000 };

static uint8_t rx[64 * 1024]; /* where bytes arrive; what is not parsed at once is copied */

/* ---- lists ---- */

static void unlink_wait(wq_conn *c)
{
    conn_list *l;
    if (c->wait == WAIT_NONE)
        return;
    l = &c->s->waits[c->wait];
    *(c->prev ? &c->prev->next : &l->first) = c->next;
    *(c->next ? &c->next->prev : &l->last) = c->prev;
    c->prev = c->next = NULL;
    c->wait = WAIT_NONE;
}

void conn_wait(wq_conn *c, int wait)
{
    conn_list *l;
    unlink_wait(c);
    if (wait == WAIT_NONE || !c->s->wait_ticks[wait])
        return;
    l = &c->s->waits[wait];
    c->wait = wait;
    c->deadline = c->s->tick + c->s->wait_ticks[wait];
    c->prev = l->last;
    *(l->last ? &l->last->next : &l->first) = c;
    l->last = c;
    c->since_send = 0;
}

/* ---- turns ---- */

static wq_conn *dirty, **dirty_end = &dirty;
static server *touched;

void conn_touch(wq_conn *c)
{
    if (c->dirty || c->running || c->fd < 0)
        return;
    c->dirty = true;
    c->rc++;
    c->next_dirty = NULL;
    *dirty_end = c;
    dirty_end = &c->next_dirty;
}

void server_touch(server *s)
{
    if (s->touched)
        return;
    s->touched = true;
    s->next_touched = touched;
    touched = s;
    JS_DupValue(s->ctx, s->self);
}

bool wq_http_turn(void)
{
    wq_conn *c = dirty;
    server *s = touched;
    if (!c && !s)
        return false;
    dirty = NULL;
    dirty_end = &dirty;
    touched = NULL;
    while (c) {
        wq_conn *next = c->next_dirty;
        c->dirty = false;
        conn_run(c);
        conn_release(c);
        c = next;
    }
    while (s) {
        server *next = s->next_touched;
        s->touched = false;
        server_accept(s);
        if (s->closing && s->n_conns == 0)
            server_call(s, s->on_idle, 0, NULL);
        JS_FreeValue(s->ctx, s->self);
        s = next;
    }
    return true;
}

/* ---- connections that had their share of this turn ---- */

static wq_conn *later;
static JSValue later_func;
static bool later_set;

static JSValue on_later(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    wq_conn *c = later;
    later = NULL;
    while (c) {
        wq_conn *next = c->next_later;
        c->later = false;
        if (c->x)
            c->x->burst = 0;
        conn_touch(c);
        conn_release(c);
        c = next;
    }
    return JS_UNDEFINED;
}

void conn_later(wq_conn *c)
{
    JSContext *ctx = c->s->ctx;
    if (c->later)
        return;
    if (!later_set) {
        later_func = JS_NewCFunction(ctx, on_later, "", 0);
        later_set = true;
    }
    if (!later && wq_event_timer(ctx, later_func, JS_UNDEFINED, 0, false) < 0) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        conn_close(c);
        return;
    }
    c->later = true;
    c->rc++;
    c->next_later = later;
    later = c;
}

/* ---- life ---- */

static void on_event(JSContext *ctx, void *opaque, uint32_t events)
{
    wq_conn *c = opaque;
    if (events & (EV_IN | EV_RDHUP | EV_HUP | EV_ERR))
        c->readable = true;
    if (events & EV_OUT)
        c->full = false;
    if (events & EV_RDHUP)
        c->peer_ended = true;
    if (events & (EV_HUP | EV_ERR))
        c->hung_up = true;
    conn_run(c);
}

wq_conn *conn_new(server *s, int32_t fd, const wq_addr *peer, bool soft)
{
    wq_conn *c = js_mallocz(s->ctx, sizeof(*c));
    if (c && wq_event_watch_native(s->ctx, fd, on_event, c) < 0) {
        js_free(s->ctx, c);
        c = NULL;
    }
    if (!c) {
        JS_FreeValue(s->ctx, JS_GetException(s->ctx));
        wq_close(fd);
        return NULL;
    }
    c->s = s;
    s->rc++;
    c->fd = fd;
    c->rc = 1;
    c->req = c->res = JS_UNDEFINED;
    c->wait = WAIT_NONE;
    c->soft = soft;
    c->port = peer->port;
    c->addr_len = peer->len < sizeof(c->addr) ? peer->len : sizeof(c->addr);
    memcpy(c->addr, peer->text, c->addr_len);
    c->all_prev = s->all.last;
    *(s->all.last ? &s->all.last->all_next : &s->all.first) = c;
    s->all.last = c;
    s->n_conns++;
    s->n_accepted++;
    conn_wait(c, WAIT_HEAD);
    return c;
}

void conn_release(wq_conn *c)
{
    server *s = c->s;
    if (--c->rc)
        return;
    js_free(s->ctx, c->in);
    js_free(s->ctx, c->out);
    js_free(s->ctx, c);
    server_release(s);
}

/* The connection knows its fd no more; the memory lives as long as others use it. */
static void forget(wq_conn *c)
{
    server *s = c->s;
    exchange *x = c->x, *f = c->finishing;
    JSValue req = c->req, res = c->res;
    c->fd = -1;
    c->x = c->finishing = NULL;
    c->req = c->res = JS_UNDEFINED;
    unlink_wait(c);
    *(c->all_prev ? &c->all_prev->all_next : &s->all.first) = c->all_next;
    *(c->all_next ? &c->all_next->all_prev : &s->all.last) = c->all_prev;
    s->n_conns--;
    JS_DupValue(s->ctx, s->self);
    server_gone(s);
    while (f) {
        exchange *next = f->next_finishing;
        exchange_emit(f, f->res_events, "close");
        if (!f->aborted)
            exchange_emit(f, f->req_events, "close");
        exchange_release(f);
        f = next;
    }
    if (x) {
        if (http_observing)
            http_observe(c, x, 499); /* the client closed the request, as nginx says */
        x->live = false;
        exchange_abort(x, 400, "ECONNRESET", "the connection was closed before the exchange was complete");
        exchange_release(x);
    }
    JS_FreeValue(s->ctx, res);
    JS_FreeValue(s->ctx, req);
    JS_FreeValue(s->ctx, s->self);
    conn_release(c);
}

void conn_close(wq_conn *c)
{
    if (c->fd < 0)
        return;
    if (http_observing && c->secure && !c->n_requests && !c->s->closing)
        http_observe_secure(c);
    wq_close(c->fd); /* frees the number even when it fails */
    wq_event_forget(c->s->ctx, c->fd);
    forget(c);
}

int32_t conn_detach(wq_conn *c)
{
    int32_t fd = c->fd;
    wq_event_forget(c->s->ctx, fd);
    forget(c);
    return fd;
}

/* ---- sending ---- */

uint8_t *conn_room(wq_conn *c, size_t n)
{
    JSContext *ctx = c->s->ctx;
    uint32_t need;
    if (c->out_pos) {
        memmove(c->out, c->out + c->out_pos, c->out_len - c->out_pos);
        c->out_len -= c->out_pos;
        c->out_pos = 0;
    }
    need = c->out_len + n;
    if (n > (1u << 30) || need > c->out_cap) {
        uint32_t cap = need < 1024 ? 1024 : need + need / 4;
        uint8_t *p = n > (1u << 30) ? NULL : js_realloc(ctx, c->out, cap);
        if (!p) {
            JS_FreeValue(ctx, JS_GetException(ctx));
            conn_close(c);
            return NULL;
        }
        c->out = p;
        c->out_cap = cap;
    }
    return c->out + c->out_len;
}

static uint32_t pending(const wq_conn *c) { return c->out_len - c->out_pos; }

static void settle_finishing(wq_conn *c)
{
    while (c->finishing && c->finishing->end_mark <= c->sent) {
        exchange *x = c->finishing;
        c->finishing = x->next_finishing;
        exchange_emit(x, x->res_events, "finish");
        exchange_emit(x, x->res_events, "close");
        if (!x->aborted) /* else it was told */
            exchange_emit(x, x->req_events, "close");
        exchange_release(x);
    }
}

bool conn_flush(wq_conn *c)
{
    while (pending(c) && !c->full) {
        int32_t n = wq_send(c->fd, c->out + c->out_pos, pending(c), DONTWAIT);
        if (n == -EAGAIN) {
            c->full = true;
            break;
        }
        if (n < 0) {
            conn_close(c);
            return false;
        }
        c->out_pos += n;
        c->sent += n;
        c->since_send += n;
    }
    if (!pending(c)) {
        js_free(c->s->ctx, c->out);
        c->out = NULL;
        c->out_pos = c->out_len = c->out_cap = 0;
    }
    if (c->finishing)
        settle_finishing(c);
    if (c->fd < 0)
        return false;
    if (c->x && pending(c) < SEND_SOON && c->x->burst < BURST && !JS_IsUndefined(c->x->drained))
        response_drained(c->x);
    return c->fd >= 0;
}

/* ---- reading ---- */

static void stash(wq_conn *c, const uint8_t *p, uint32_t len)
{
    JSContext *ctx = c->s->ctx;
    if (p >= c->in && p < c->in + c->in_cap && c->in) {
        memmove(c->in, p, len);
    } else if (len) {
        if (len > c->in_cap) {
            uint8_t *n = js_realloc(ctx, c->in, len);
            if (!n) {
                JS_FreeValue(ctx, JS_GetException(ctx));
                conn_close(c);
                return;
            }
            c->in = n;
            c->in_cap = len;
        }
        memcpy(c->in, p, len);
    }
    c->in_len = len;
    if (!len && c->in) {
        js_free(ctx, c->in);
        c->in = NULL;
        c->in_cap = 0;
    }
}

static void parse(wq_conn *c, const uint8_t *p, uint32_t len, int *budget)
{
    uint32_t n = conn_input(c, p, len, budget);
    if (c->fd >= 0)
        stash(c, p + n, len - n);
}

/* Reads once; what came is parsed. */
static void read_some(wq_conn *c, int *budget)
{
    uint8_t *at = rx;
    int32_t room = sizeof(rx), n;
    if (c->in_len) { /* goes on */
        uint32_t cap = c->in_len + 4096;
        if (cap < 2 * c->in_len)
            cap = 2 * c->in_len;
        if (cap > c->in_cap) {
            uint8_t *p = js_realloc(c->s->ctx, c->in, cap);
            if (!p) {
                JS_FreeValue(c->s->ctx, JS_GetException(c->s->ctx));
                conn_close(c);
                return;
            }
            c->in = p;
            c->in_cap = cap;
        }
        at = c->in + c->in_len;
        room = c->in_cap - c->in_len;
    }
    n = wq_recv(c->fd, at, room, DONTWAIT);
    if (n == -EAGAIN) {
        c->readable = false;
        return;
    }
    if (n <= 0) { /* the end, or an error: nobody is there to be answered */
        if (n == 0 && !c->x && pending(c)) {
            c->last = true;
            c->readable = false;
        } else {
            conn_close(c);
        }
        return;
    }
    if (n < room && !c->peer_ended && !c->hung_up && !c->soft)
        c->readable = false; /* the next bytes are a new event */
    if (c->in_len)
        parse(c, c->in, c->in_len + n, budget);
    else
        parse(c, rx, n, budget);
}

/* Takes what the peer still sends, so that closing does not reset the
 * connection under the answer (RFC 9112, 9.6). */
static void linger(wq_conn *c)
{
    while (c->readable && c->lingered < MAX_DISCARD) {
        int32_t n = wq_recv(c->fd, rx, sizeof(rx), DONTWAIT);
        if (n == -EAGAIN)
            c->readable = false;
        else if (n <= 0)
            break;
        else
            c->lingered += n;
    }
    if (c->readable)
        conn_close(c);
}

/* Everything was answered: the connection ends. */
static void say_goodbye(wq_conn *c)
{
    if (!c->unread && !c->readable && !c->in_len) {
        conn_close(c);
        return;
    }
    wq_shutdown(c->fd, 1);
    c->lingering = true;
    conn_wait(c, WAIT_LINGER);
    linger(c);
}

void conn_settle(wq_conn *c)
{
    exchange *x = c->x;
    JSValue req = c->req, res = c->res;
    if (!x || !x->ended || x->file >= 0)
        return;
    if (!x->body_done) {
        if (x->expects || !x->keep_alive || x->body_total > MAX_DISCARD) {
            c->unread = c->last = true;
        } else {
            x->discard = true;
            return;
        }
    }
    if (!x->keep_alive)
        c->last = true;
    if (http_observing)
        http_observe(c, x, x->status);
    x->live = false;
    c->x = NULL;
    c->req = c->res = JS_UNDEFINED;
    if (!x->body_done)
        exchange_abort(x, 400, "ECONNRESET", "the response was sent before the request body was read");
    if (!JS_IsUndefined(x->res_events) || !JS_IsUndefined(x->req_events)) {
        exchange **p = &c->finishing;
        while (*p)
            p = &(*p)->next_finishing;
        x->next_finishing = NULL;
        *p = x;
    } else {
        exchange_release(x);
    }
    JS_FreeValue(c->s->ctx, res);
    JS_FreeValue(c->s->ctx, req);
}

static bool wants_input(const wq_conn *c)
{
    return !c->x ? !c->last : !c->x->body_done && (c->x->discard || body_wanted(c->x));
}

static void go_on(wq_conn *c)
{
    int budget = 64;
    while (c->fd >= 0) {
        if (c->lingering) {
            linger(c);
            return;
        }
        conn_settle(c);
        if (c->fd < 0)
            return;
        if (c->x && c->x->file >= 0 && !c->full && !c->later) {
            if (!response_continue(c->x))
                return;
            if (c->fd >= 0 && c->x && c->x->file < 0)
                continue;
        }
        if (pending(c) >= SEND_SOON && !conn_flush(c))
            return;
        if (wants_input(c) && pending(c) < SEND_SOON && budget > 0) {
            if (c->in_len && c->in_seen < c->in_len) {
                parse(c, c->in, c->in_len, &budget);
                continue;
            }
            if (c->readable) {
                read_some(c, &budget);
                budget--;
                continue;
            }
        }
        if (!conn_flush(c))
            return;
        if (c->last && !c->x && !pending(c)) {
            say_goodbye(c);
            return;
        }
        if (c->hung_up && !(wants_input(c) && c->readable)) {
            conn_close(c);
            return;
        }
        if (wants_input(c) && !pending(c) && (c->readable || (c->in_len && c->in_seen < c->in_len)))
            conn_later(c);
        return;
    }
}

void conn_run(wq_conn *c)
{
    if (c->running || c->fd < 0)
        return;
    c->running = true;
    c->rc++;
    go_on(c);
    c->running = false;
    if (c->fd >= 0 && !c->lingering) {
        int wait;
        if (c->x && c->peer_ended && c->x->body_done && !c->x->ended && !c->s->half_open)
            conn_close(c);
        else if (c->x && c->peer_ended && !c->x->aborted && c->x->body_done)
            exchange_peer_gone(c->x);
        if (pending(c))
            wait = WAIT_SEND;
        else if (c->x)
            wait = !c->x->body_done && (c->x->reading || c->x->discard) ? WAIT_BODY
                   : c->peer_ended                                      ? WAIT_SEND /* nobody may be there any more */
                                                                        : WAIT_NONE;
        else
            wait = c->in_len || !c->n_requests ? WAIT_HEAD : WAIT_IDLE;
        if (c->fd >= 0 && (wait != c->wait || (wait == WAIT_SEND && c->since_send >= 4096)))
            conn_wait(c, wait);
        if (wait == WAIT_IDLE && c->s->full)
            server_touch(c->s); /* it may make room for one who waits */
    }
    conn_release(c);
}
