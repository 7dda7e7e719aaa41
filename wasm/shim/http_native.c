/* Servers: options, accepting, time, and the module wqjs:internal/http-native. */
#include <errno.h>
#include <string.h>
#include "http_server.h"
#include "sockets.h"

static JSClassID server_class;

/* ---- life ---- */

static void root(server *s, bool on)
{
    if (s->rooted == on)
        return;
    s->rooted = on;
    if (on)
        JS_DupValue(s->ctx, s->self);
    else
        JS_FreeValue(s->ctx, s->self);
}

void server_release(server *s)
{
    if (--s->rc == 0)
        js_free(s->ctx, s);
}

static void finalizer(JSRuntime *rt, JSValueConst v)
{
    server *s = JS_GetOpaque(v, server_class);
    if (!s)
        return;
    JS_FreeValueRT(rt, s->handler);
    JS_FreeValueRT(rt, s->req_proto);
    JS_FreeValueRT(rt, s->res_proto);
    JS_FreeValueRT(rt, s->on_result);
    JS_FreeValueRT(rt, s->on_upgrade);
    JS_FreeValueRT(rt, s->on_idle);
    server_release(s);
}

static void mark(JSRuntime *rt, JSValueConst v, JS_MarkFunc *m)
{
    server *s = JS_GetOpaque(v, server_class);
    if (!s)
        return;
    JS_MarkValue(rt, s->handler, m);
    JS_MarkValue(rt, s->req_proto, m);
    JS_MarkValue(rt, s->res_proto, m);
    JS_MarkValue(rt, s->on_result, m);
    JS_MarkValue(rt, s->on_upgrade, m);
    JS_MarkValue(rt, s->on_idle, m);
}

static const JSClassDef class_def = { "HTTPServer", .finalizer = finalizer, .gc_mark = mark };

void server_call(server *s, JSValueConst func, int argc, JSValueConst *argv)
{
    JSContext *ctx = s->ctx;
    JSValue r = JS_Call(ctx, func, JS_UNDEFINED, argc, argv);
    /* The library's functions catch what scripts throw; what is left is the end
     * of the run, which the turn finds by itself. */
    if (JS_IsException(r))
        r = JS_GetException(ctx);
    JS_FreeValue(ctx, r);
}

/* ---- time ---- */

/* Closes who waited too long. */
static void expire(server *s, int wait)
{
    wq_conn *c;
    while ((c = s->waits[wait].first) && (int32_t)(s->tick - c->deadline) >= 0) {
        if ((wait == WAIT_HEAD && c->in_len) || wait == WAIT_BODY) {
            conn_wait(c, WAIT_NONE);
            conn_refuse(c, 408);
            conn_touch(c);
        } else {
            conn_close(c);
        }
    }
}

static JSValue on_tick(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    server *s = JS_GetOpaque(argv[0], server_class);
    s->tick++;
    http_date_stale();
    for (int i = 0; i < WAITS; i++)
        expire(s, i);
    if (s->full)
        server_touch(s);
    return JS_UNDEFINED;
}

static void start_timer(server *s)
{
    JSContext *ctx = s->ctx;
    JSValue func, args;
    if (s->timer >= 0)
        return;
    http_date_stale();
    func = JS_NewCFunction(ctx, on_tick, "", 1);
    args = JS_NewArrayFrom(ctx, 1, (JSValue[]){ JS_DupValue(ctx, s->self) });
    s->timer = wq_event_timer(ctx, func, args, s->tick_ms, true);
    if (s->timer < 0)
        JS_FreeValue(ctx, JS_GetException(ctx));
    else
        wq_event_timer_ref(s->timer, 0);
    JS_FreeValue(ctx, func);
    JS_FreeValue(ctx, args);
}

static void rest(server *s)
{
    bool in_use = s->n_conns > 0 || s->fd >= 0;
    if (s->n_conns == 0 && !s->full && s->timer >= 0) {
        wq_event_timer_end(s->ctx, s->timer);
        s->timer = -1;
    }
    root(s, in_use);
}

void server_gone(server *s)
{
    if (s->full || (s->closing && s->n_conns == 0))
        server_touch(s);
    rest(s);
}

/* ---- accepting ---- */

/* Room for one more: if one waits, who has been idle the longest goes. */
static bool make_room(server *s)
{
    wq_pollfd p = { .fd = s->fd, .events = 1 /* POLLIN */ };
    if (s->n_conns < s->max_conns)
        return true;
    if (s->waits[WAIT_IDLE].first && wq_poll(&p, 1, 0) > 0)
        conn_close(s->waits[WAIT_IDLE].first);
    return s->n_conns < s->max_conns;
}

static wq_conn *add(server *s, int32_t fd, const wq_addr *peer, bool soft)
{
    wq_conn *c;
    root(s, true);
    start_timer(s);
    c = conn_new(s, fd, peer, soft);
    if (!c)
        rest(s);
    return c;
}

/* Starts TLS. The handshake goes on by itself, within the context's time and
 * that of the first request's headers; if it fails, so does reading. */
static void add_secured(server *s, int32_t fd, const wq_addr *peer)
{
    wq_conn *c;
    if (wq_tls_wrap(fd, s->tls, "", 0) < 0) { /* gone already, or no fds: dropped */
        wq_close(fd);
        return;
    }
    c = add(s, fd, peer, true);
    if (c)
        c->secure = true;
}

void server_accept(server *s)
{
    s->full = false;
    while (s->fd >= 0) {
        wq_addr peer;
        int32_t fd;
        if (!make_room(s)) {
            s->full = true;
            return;
        }
        fd = wq_accept(s->fd, &peer, 1);
        if (fd == -EAGAIN)
            return;
        if (fd == -ECONNABORTED)
            continue; /* gone while it waited */
        if (fd < 0) { /* out of fds or memory: the tick tries again */
            s->full = true;
            start_timer(s);
            return;
        }
        if (s->tls >= 0)
            add_secured(s, fd, &peer);
        else
            add(s, fd, &peer, false);
    }
}

static void on_listener(JSContext *ctx, void *opaque, uint32_t events) { server_accept(opaque); }

/* ---- the module ---- */

static server *to_server(JSContext *ctx, JSValueConst v) { return JS_GetOpaque2(ctx, v, server_class); }

static double number(JSContext *ctx, JSValueConst obj, const char *name)
{
    JSValue v = JS_GetPropertyStr(ctx, obj, name);
    double d = 0;
    JS_ToFloat64(ctx, &d, v);
    JS_FreeValue(ctx, v);
    return d;
}

/* Milliseconds as ticks, rounded up and one more for the one that runs. */
static uint32_t ticks(server *s, double ms) { return ms > 0 ? (uint32_t)(ms / s->tick_ms) + 2 : 0; }

/* serverNew(options): numbers are checked by the library. */
static JSValue server_new(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    static const char *const timeouts[WAITS] = { "headersTimeout", "keepAliveTimeout", "bodyTimeout", "sendTimeout",
                                                 "lingerTimeout" };
    JSValueConst o = argv[0];
    JSValue obj = JS_NewObjectClass(ctx, server_class);
    server *s = js_mallocz(ctx, sizeof(*s));
    if (!s || JS_IsException(obj)) {
        js_free(ctx, s);
        JS_FreeValue(ctx, obj);
        return JS_EXCEPTION;
    }
    JS_SetOpaque(obj, s);
    s->ctx = ctx;
    s->rc = 1;
    s->self = obj;
    s->fd = s->tls = s->timer = -1;
    s->handler = JS_GetPropertyStr(ctx, o, "handler");
    s->req_proto = JS_GetPropertyStr(ctx, o, "requestPrototype");
    s->res_proto = JS_GetPropertyStr(ctx, o, "responsePrototype");
    s->on_result = JS_GetPropertyStr(ctx, o, "onResult");
    s->on_upgrade = JS_GetPropertyStr(ctx, o, "onUpgrade");
    s->on_idle = JS_GetPropertyStr(ctx, o, "onIdle");
    s->tick_ms = number(ctx, o, "tick");
    for (int i = 0; i < WAITS; i++)
        s->wait_ticks[i] = ticks(s, number(ctx, o, timeouts[i]));
    s->request_ticks = ticks(s, number(ctx, o, "requestTimeout"));
    s->max_conns = number(ctx, o, "maxConnections");
    s->max_requests = number(ctx, o, "maxRequestsPerConnection");
    s->half_open = number(ctx, o, "allowHalfOpen") != 0;
    s->max_fields = number(ctx, o, "maxHeadersCount");
    s->max_head = number(ctx, o, "maxHeaderSize");
    s->max_url = number(ctx, o, "maxUrlSize");
    s->max_body = number(ctx, o, "maxBodySize");
    return obj;
}

/* serverListen(server, fd, tls): accepts from fd, which it takes over, as it does
 * the TLS context; -1 for none. */
static JSValue server_listen(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    server *s = to_server(ctx, argv[0]);
    int32_t fd, tls, r;
    if (!s || !wq_to_fd(ctx, argv[1], &fd) || JS_ToInt32(ctx, &tls, argv[2]))
        return JS_EXCEPTION;
    r = wq_event_watch_native(ctx, fd, on_listener, s);
    if (r < 0)
        return wq_throw_errno(ctx, r, "watch", NULL, 0);
    s->fd = fd;
    s->tls = tls;
    root(s, true);
    return JS_UNDEFINED;
}

/* serverAttach(server, fd, address, port, soft): a connection made elsewhere. */
static JSValue server_attach(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    server *s = to_server(ctx, argv[0]);
    wq_addr peer = { 0 };
    int32_t fd, port;
    size_t len;
    const char *addr;
    if (!s || !wq_to_fd(ctx, argv[1], &fd) || JS_ToInt32(ctx, &port, argv[3]) || !(addr = JS_ToCStringLen(ctx, &len, argv[2])))
        return JS_EXCEPTION;
    peer.port = port;
    peer.len = len < sizeof(peer.text) ? len : sizeof(peer.text);
    memcpy(peer.text, addr, peer.len);
    JS_FreeCString(ctx, addr);
    return JS_NewBool(ctx, add(s, fd, &peer, JS_ToBool(ctx, argv[4])) != NULL);
}

/* Whether a connection without an exchange can be closed and no request is lost:
 * one that has been sent lies in the kernel, and a new connection has one coming. */
static bool is_idle(wq_conn *c, bool now)
{
    char byte;
    int32_t n;
    if (c->in_len || c->out_len != c->out_pos || c->lingering)
        return false;
    n = wq_recv(c->fd, &byte, 1, 0x42 /* MSG_PEEK, MSG_DONTWAIT */);
    return n == -EAGAIN ? now || c->n_requests > 0 : n <= 0;
}

/* serverStop(server, now): no new connections, and no requests after those in
 * flight; those of connections that are new may still come, unless now. */
static JSValue server_stop(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    server *s = to_server(ctx, argv[0]);
    bool now = JS_ToBool(ctx, argv[1]);
    wq_conn *c, *next;
    if (!s)
        return JS_EXCEPTION;
    JS_DupValue(ctx, s->self);
    s->closing = true;
    if (s->fd >= 0) {
        wq_close(s->fd);
        wq_event_forget(ctx, s->fd);
        s->fd = -1;
    }
    if (s->tls >= 0) {
        wq_close(s->tls);
        s->tls = -1;
    }
    for (c = s->all.first; c; c = next) {
        next = c->all_next;
        if (c->x)
            c->x->keep_alive = false;
        else if (is_idle(c, now))
            conn_close(c);
        else if (c->out_len != c->out_pos)
            c->last = c->last || c->n_requests > 0;
    }
    server_touch(s);
    rest(s);
    JS_FreeValue(ctx, s->self);
    return JS_UNDEFINED;
}

/* serverDestroy(server): closes all connections. */
static JSValue server_destroy(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    server *s = to_server(ctx, argv[0]);
    if (!s)
        return JS_EXCEPTION;
    JS_DupValue(ctx, s->self);
    while (s->all.first)
        conn_close(s->all.first);
    JS_FreeValue(ctx, s->self);
    return JS_UNDEFINED;
}

/* serverUpgrades(server, on): whether onUpgrade gets connections. */
static JSValue server_upgrades(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    server *s = to_server(ctx, argv[0]);
    if (!s)
        return JS_EXCEPTION;
    s->upgrades = JS_ToBool(ctx, argv[1]);
    return JS_UNDEFINED;
}

/* serverStats(server) -> [connections, accepted, requests] */
static JSValue server_stats(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    server *s = to_server(ctx, argv[0]);
    JSValue v[3];
    if (!s)
        return JS_EXCEPTION;
    v[0] = JS_NewInt32(ctx, s->n_conns);
    v[1] = JS_NewFloat64(ctx, s->n_accepted);
    v[2] = JS_NewFloat64(ctx, s->n_requests);
    return JS_NewArrayFrom(ctx, 3, v);
}

/* install(requestPrototype, responsePrototype) -> functions for the library only */
static JSValue install(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue inner = JS_NewObject(ctx);
    if (JS_SetPropertyFunctionList(ctx, argv[0], wq_http_req_funcs, wq_http_req_funcs_len) < 0 ||
        JS_SetPropertyFunctionList(ctx, argv[1], wq_http_res_funcs, wq_http_res_funcs_len) < 0 ||
        JS_SetPropertyFunctionList(ctx, argv[1], wq_http_header_funcs, wq_http_header_funcs_len) < 0 ||
        JS_SetPropertyFunctionList(ctx, inner, wq_http_req_inner, wq_http_req_inner_len) < 0 ||
        JS_SetPropertyFunctionList(ctx, inner, wq_http_body_inner, wq_http_body_inner_len) < 0 ||
        JS_SetPropertyFunctionList(ctx, inner, wq_http_file_inner, wq_http_file_inner_len) < 0 ||
        JS_SetPropertyFunctionList(ctx, inner, wq_http_res_inner, wq_http_res_inner_len) < 0) {
        JS_FreeValue(ctx, inner);
        return JS_EXCEPTION;
    }
    return inner;
}

static JSValue status_codes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return http_status_codes(ctx);
}

static JSValue methods(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue arr = JS_NewArray(ctx);
    uint32_t n = 0;
#define METHOD(num, name, string) \
    JS_DefinePropertyValueUint32(ctx, arr, n++, JS_NewString(ctx, #string), JS_PROP_C_W_E);
    HTTP_METHOD_MAP(METHOD)
#undef METHOD
    return arr;
}

static const JSCFunctionListEntry funcs[] = {
    JS_CFUNC_DEF("serverNew", 1, server_new),
    JS_CFUNC_DEF("serverListen", 3, server_listen),
    JS_CFUNC_DEF("serverAttach", 5, server_attach),
    JS_CFUNC_DEF("serverStop", 2, server_stop),
    JS_CFUNC_DEF("serverDestroy", 1, server_destroy),
    JS_CFUNC_DEF("serverUpgrades", 2, server_upgrades),
    JS_CFUNC_DEF("serverStats", 1, server_stats),
    JS_CFUNC_DEF("install", 2, install),
    JS_CFUNC_DEF("statusCodes", 0, status_codes),
    JS_CFUNC_DEF("methods", 0, methods),
};

static int init(JSContext *ctx, JSModuleDef *m)
{
    return JS_SetModuleExportList(ctx, m, funcs, countof(funcs)) ||
           JS_SetModuleExportList(ctx, m, wq_http_observe_funcs, wq_http_observe_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_heap_funcs, wq_heap_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_http_router_funcs, wq_http_router_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_http_whole_funcs, wq_http_whole_funcs_len);
}

int wq_init_module_http(JSContext *ctx)
{
    JSRuntime *rt = JS_GetRuntime(ctx);
    JSModuleDef *m = JS_NewCModule(ctx, "wqjs:internal/http-native", init);
    JS_NewClassID(rt, &server_class);
    if (!m || JS_NewClass(rt, server_class, &class_def) || wq_init_http_classes(ctx) || wq_init_http_router(ctx))
        return -1;
    return JS_AddModuleExportList(ctx, m, funcs, countof(funcs)) ||
           JS_AddModuleExportList(ctx, m, wq_http_observe_funcs, wq_http_observe_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_heap_funcs, wq_heap_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_http_router_funcs, wq_http_router_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_http_whole_funcs, wq_http_whole_funcs_len);
}
