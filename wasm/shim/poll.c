/* poll, epoll and the module object of wqjs:sockets. */
#include <errno.h>
#include <string.h>
#include "sockets.h"

#define MAX_POLL 65536

static bool int_prop(JSContext *ctx, JSValueConst obj, const char *name, int32_t *out)
{
    JSValue v = JS_GetPropertyStr(ctx, obj, name);
    double d = 0.5;
    if (JS_IsException(v))
        return false;
    if (JS_IsNumber(v))
        JS_ToFloat64(ctx, &d, v);
    JS_FreeValue(ctx, v);
    if (!(d >= INT32_MIN && d <= UINT32_MAX) || d != (int64_t)d) {
        JS_ThrowTypeError(ctx, "each entry of poll needs integers as fd and events");
        return false;
    }
    *out = (int32_t)(int64_t)d;
    return true;
}

/* A timeout in milliseconds: undefined or negative waits for ever. */
static bool to_timeout(JSContext *ctx, JSValueConst v, int32_t *out)
{
    double d = -1;
    if (!JS_IsUndefined(v) && JS_ToFloat64(ctx, &d, v))
        return false;
    *out = d < 0 ? -1 : d > INT32_MAX ? INT32_MAX : d != d ? 0 : (int32_t)d;
    return true;
}

/* poll([{fd, events}], timeoutMs) -> [{fd, revents}] of the ready ones; sets
 * revents on each entry it was given. */
FN(js_poll)
{
    int64_t n;
    int32_t timeout, r;
    wq_pollfd *fds;
    JSValue out = JS_UNDEFINED;
    uint32_t k = 0;
    if (!JS_IsArray(argv[0]))
        return JS_ThrowTypeError(ctx, "poll needs an array of {fd, events}");
    if (!to_timeout(ctx, argv[1], &timeout) || JS_GetLength(ctx, argv[0], &n) < 0)
        return JS_EXCEPTION;
    if (n > MAX_POLL)
        return JS_ThrowRangeError(ctx, "poll takes at most %d entries, got %lld", MAX_POLL, (long long)n);
    fds = js_calloc(ctx, n ? n : 1, sizeof(*fds));
    if (!fds)
        return JS_EXCEPTION;
    for (int64_t i = 0; i < n; i++) {
        JSValue e = JS_GetPropertyInt64(ctx, argv[0], i);
        bool ok = !JS_IsException(e) && int_prop(ctx, e, "fd", &fds[i].fd) &&
                  int_prop(ctx, e, "events", (int32_t *)&fds[i].events);
        JS_FreeValue(ctx, e);
        if (!ok)
            goto fail;
    }
    r = wq_poll(fds, n, timeout);
    if (r < 0) {
        wq_throw_errno(ctx, r, "poll", NULL, 0);
        goto fail;
    }
    out = JS_NewArray(ctx);
    for (int64_t i = 0; i < n; i++) {
        JSValue e = JS_GetPropertyInt64(ctx, argv[0], i), o;
        int set = JS_IsException(e) ? -1 : JS_SetPropertyStr(ctx, e, "revents", JS_NewUint32(ctx, fds[i].revents));
        JS_FreeValue(ctx, e);
        if (set < 0)
            goto fail;
        if (!fds[i].revents)
            continue;
        o = JS_NewObject(ctx);
        wq_put(ctx, o, "fd", JS_NewInt32(ctx, fds[i].fd));
        wq_put(ctx, o, "revents", JS_NewUint32(ctx, fds[i].revents));
        JS_DefinePropertyValueUint32(ctx, out, k++, o, JS_PROP_C_W_E);
    }
    js_free(ctx, fds);
    return out;
fail:
    js_free(ctx, fds);
    JS_FreeValue(ctx, out);
    return JS_EXCEPTION;
}

FN(js_epoll_create1)
{
    int32_t flags = 0, r;
    if (!JS_IsUndefined(argv[0]) && JS_ToInt32(ctx, &flags, argv[0]))
        return JS_EXCEPTION;
    r = wq_epoll_create1(flags);
    return r < 0 ? wq_throw_errno(ctx, r, "epoll_create1", NULL, 0) : JS_NewInt32(ctx, r);
}

FN(js_epoll_ctl)
{
    int32_t ep, op, fd, events = 0, r;
    if (!wq_to_fd(ctx, argv[0], &ep) || JS_ToInt32(ctx, &op, argv[1]) || !wq_to_fd(ctx, argv[2], &fd) ||
        (!JS_IsUndefined(argv[3]) && JS_ToInt32(ctx, &events, argv[3])))
        return JS_EXCEPTION;
    r = wq_epoll_ctl(ep, op, fd, events);
    return r < 0 ? wq_throw_errno(ctx, r, "epoll_ctl", NULL, 0) : JS_NewInt32(ctx, 0);
}

/* epoll_wait(epfd, max, timeoutMs) -> [{fd, events}] */
FN(js_epoll_wait)
{
    int32_t ep, max = 64, timeout, r;
    wq_pollfd *fds;
    JSValue out;
    if (!wq_to_fd(ctx, argv[0], &ep) || (!JS_IsUndefined(argv[1]) && JS_ToInt32(ctx, &max, argv[1])) ||
        !to_timeout(ctx, argv[2], &timeout))
        return JS_EXCEPTION;
    if (max < 1 || max > MAX_POLL)
        return JS_ThrowRangeError(ctx, "epoll_wait: max must be from 1 to %d, got %d", MAX_POLL, max);
    fds = js_calloc(ctx, max, sizeof(*fds));
    if (!fds)
        return JS_EXCEPTION;
    r = wq_epoll_wait(ep, fds, max, timeout);
    if (r < 0) {
        js_free(ctx, fds);
        return wq_throw_errno(ctx, r, "epoll_wait", NULL, 0);
    }
    out = JS_NewArray(ctx);
    for (int32_t i = 0; i < r; i++) {
        JSValue o = JS_NewObject(ctx);
        wq_put(ctx, o, "fd", JS_NewInt32(ctx, fds[i].fd));
        wq_put(ctx, o, "events", JS_NewUint32(ctx, fds[i].revents));
        JS_DefinePropertyValueUint32(ctx, out, i, o, JS_PROP_C_W_E);
    }
    js_free(ctx, fds);
    return out;
}

const JSCFunctionListEntry wq_poll_funcs[] = {
    JS_CFUNC_DEF("poll", 2, js_poll),
    JS_CFUNC_DEF("epoll_create1", 1, js_epoll_create1),
    JS_CFUNC_DEF("epoll_ctl", 4, js_epoll_ctl),
    JS_CFUNC_DEF("epoll_wait", 3, js_epoll_wait),
};
const int wq_poll_funcs_len = countof(wq_poll_funcs);

/* Linux' numbers on every system; the host translates. */
#define C(name, value) JS_PROP_INT32_DEF(#name, value, JS_PROP_ENUMERABLE)
const JSCFunctionListEntry wq_socket_consts[] = {
    C(AF_UNSPEC, 0), C(AF_UNIX, 1), C(AF_INET, 2), C(AF_INET6, 10),
    C(SOCK_STREAM, 1), C(SOCK_DGRAM, 2), C(SOCK_RAW, 3), C(SOCK_NONBLOCK, 0x800), C(SOCK_CLOEXEC, 0x80000),
    C(IPPROTO_IP, 0), C(IPPROTO_ICMP, 1), C(IPPROTO_TCP, 6), C(IPPROTO_UDP, 17), C(IPPROTO_IPV6, 41), C(IPPROTO_ICMPV6, 58),
    C(SOL_SOCKET, 1),
    C(SO_REUSEADDR, 2), C(SO_TYPE, 3), C(SO_ERROR, 4), C(SO_BROADCAST, 6), C(SO_SNDBUF, 7), C(SO_RCVBUF, 8),
    C(SO_KEEPALIVE, 9), C(SO_LINGER, 13), C(SO_REUSEPORT, 15), C(SO_RCVTIMEO, 20), C(SO_SNDTIMEO, 21), C(SO_ACCEPTCONN, 30),
    C(TCP_NODELAY, 1), C(TCP_KEEPIDLE, 4), C(TCP_KEEPINTVL, 5), C(TCP_KEEPCNT, 6),
    C(IPV6_V6ONLY, 26),
    C(SHUT_RD, 0), C(SHUT_WR, 1), C(SHUT_RDWR, 2),
    C(MSG_PEEK, 2), C(MSG_DONTWAIT, 0x40), C(MSG_WAITALL, 0x100), C(MSG_NOSIGNAL, 0x4000),
    C(F_GETFL, 3), C(F_SETFL, 4), C(O_NONBLOCK, 0x800),
    C(POLLIN, 1), C(POLLPRI, 2), C(POLLOUT, 4), C(POLLERR, 8), C(POLLHUP, 16), C(POLLNVAL, 32), C(POLLRDHUP, 0x2000),
    C(EPOLLIN, 1), C(EPOLLPRI, 2), C(EPOLLOUT, 4), C(EPOLLERR, 8), C(EPOLLHUP, 16), C(EPOLLRDHUP, 0x2000),
    C(EPOLLONESHOT, 1 << 30), JS_PROP_DOUBLE_DEF("EPOLLET", 2147483648.0, JS_PROP_ENUMERABLE),
    C(EPOLL_CTL_ADD, 1), C(EPOLL_CTL_DEL, 2), C(EPOLL_CTL_MOD, 3),
    C(SOMAXCONN, 4096),
};
const int wq_socket_consts_len = countof(wq_socket_consts);

/* The fds this sandbox was given: [{fd, name, address, port, family}] */
static JSValue granted(JSContext *ctx)
{
    JSValue arr = JS_NewArray(ctx);
    for (int32_t i = 0;; i++) {
        int32_t fd = wq_granted(i), n;
        wq_addr a;
        JSValue o;
        char *name;
        if (fd < 0)
            return arr;
        o = JS_NewObject(ctx);
        wq_put(ctx, o, "fd", JS_NewInt32(ctx, fd));
        n = wq_granted_name(i);
        name = n < 0 ? NULL : wq_take(ctx, n);
        wq_put(ctx, o, "name", JS_NewString(ctx, name ? name : ""));
        js_free(ctx, name);
        if (wq_getsockname(fd, &a) >= 0)
            wq_addr_props(ctx, o, &a);
        JS_DefinePropertyValueUint32(ctx, arr, i, o, JS_PROP_C_W_E);
    }
}

/* The module, once it was evaluated, and its default export. */
static JSModuleDef *module;
static JSValue module_default;

/* Shows what is granted now, in place of what was. */
static int show_granted(JSContext *ctx)
{
    JSValue g = granted(ctx);
    if (JS_IsException(g))
        return -1;
    if (JS_SetModuleExport(ctx, module, "granted", JS_DupValue(ctx, g)) < 0) {
        JS_FreeValue(ctx, g);
        return -1;
    }
    return JS_DefinePropertyValueStr(ctx, module_default, "granted", g, JS_PROP_C_W_E) < 0 ? -1 : 0;
}

/* Tells the guest of grants since the module was evaluated: in the image that the
 * sandbox started from, for one. No script runs. */
WQ_EXPORT("wqjs_granted") void wqjs_granted(void)
{
    if (!module)
        return;
    if (!wq.in_go)
        JS_UpdateStackTop(wq.rt);
    if (show_granted(wq.ctx))
        JS_FreeValue(wq.ctx, JS_GetException(wq.ctx)); /* frozen, or no memory: it stays as it was */
}

static int init(JSContext *ctx, JSModuleDef *m)
{
    JSValue dflt = JS_NewObject(ctx);
    if (JS_SetPropertyFunctionList(ctx, dflt, wq_socket_funcs, wq_socket_funcs_len) ||
        JS_SetPropertyFunctionList(ctx, dflt, wq_poll_funcs, wq_poll_funcs_len) ||
        JS_SetPropertyFunctionList(ctx, dflt, wq_http_funcs, wq_http_funcs_len) ||
        JS_SetPropertyFunctionList(ctx, dflt, wq_tls_funcs, wq_tls_funcs_len) ||
        JS_SetPropertyFunctionList(ctx, dflt, wq_socket_consts, wq_socket_consts_len))
        return -1;
    module = m;
    module_default = JS_DupValue(ctx, dflt);
    JS_SetModuleExport(ctx, m, "default", dflt);
    return show_granted(ctx) ||
           JS_SetModuleExportList(ctx, m, wq_socket_funcs, wq_socket_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_poll_funcs, wq_poll_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_http_funcs, wq_http_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_tls_funcs, wq_tls_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_socket_consts, wq_socket_consts_len);
}

int wq_init_module_sockets(JSContext *ctx)
{
    JSModuleDef *m = JS_NewCModule(ctx, "wqjs:sockets", init);
    if (!m)
        return -1;
    JS_AddModuleExport(ctx, m, "default");
    JS_AddModuleExport(ctx, m, "granted");
    return JS_AddModuleExportList(ctx, m, wq_socket_funcs, wq_socket_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_poll_funcs, wq_poll_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_http_funcs, wq_http_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_tls_funcs, wq_tls_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_socket_consts, wq_socket_consts_len);
}
