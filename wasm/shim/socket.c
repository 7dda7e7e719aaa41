/* wqjs:sockets: BSD sockets for JavaScript, in the shape of the C module that
 * native QuickJS programs used (network_sockets.so), over the host's imports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sockets.h"

#define MSG_PEEK 2

/* Bytes of a character that a recv boundary cut, by fd - WQ_FD_BASE. */
typedef struct {
    uint8_t len, bytes[3];
} tail;
static tail *tails;
static int32_t tails_cap;

static tail *tail_of(int32_t fd, bool create)
{
    int32_t i = fd - WQ_FD_BASE;
    if (i < 0 || i >= WQ_FD_MAX)
        return NULL;
    if (i >= tails_cap) {
        int32_t cap = tails_cap ? tails_cap : 64;
        tail *n;
        if (!create)
            return NULL;
        while (cap <= i)
            cap *= 2;
        n = realloc(tails, cap * sizeof(tail));
        if (!n)
            return NULL;
        memset(n + tails_cap, 0, (cap - tails_cap) * sizeof(tail));
        tails = n;
        tails_cap = cap;
    }
    return &tails[i];
}

void wq_tail_clear(int32_t fd)
{
    tail *t = tail_of(fd, false);
    if (t)
        t->len = 0;
}

/* Takes what a text recv kept, for a read of bytes: how many there were. */
static int32_t tail_take(int32_t fd, int32_t flags, uint8_t *p, size_t size)
{
    tail *t = tail_of(fd, false);
    size_t n = t ? t->len : 0;
    if (n > size)
        n = size;
    if (n == 0)
        return 0;
    memcpy(p, t->bytes, n);
    if (!(flags & MSG_PEEK)) {
        t->len -= n;
        memmove(t->bytes, t->bytes + n, t->len);
    }
    return n;
}

/* 0 as a number, as the C module returned it, or a throw. */
static JSValue result(JSContext *ctx, int32_t r, const char *syscall)
{
    return r < 0 ? wq_throw_errno(ctx, r, syscall, NULL, 0) : JS_NewInt32(ctx, r);
}

FN(js_socket)
{
    int32_t domain, type, proto;
    if (!wq_to_int(ctx, argv[0], &domain, 2) || !wq_to_int(ctx, argv[1], &type, 1) || !wq_to_int(ctx, argv[2], &proto, 0))
        return JS_EXCEPTION;
    return result(ctx, wq_socket(domain, type, proto), "socket");
}

FN(js_socketpair)
{
    int32_t domain, type, proto, fds[2], r;
    JSValue pair[2];
    if (!wq_to_int(ctx, argv[0], &domain, 1) || !wq_to_int(ctx, argv[1], &type, 1) || !wq_to_int(ctx, argv[2], &proto, 0))
        return JS_EXCEPTION;
    r = wq_socketpair(domain, type, proto, fds);
    if (r < 0)
        return result(ctx, r, "socketpair");
    pair[0] = JS_NewInt32(ctx, fds[0]);
    pair[1] = JS_NewInt32(ctx, fds[1]);
    return JS_NewArrayFrom(ctx, 2, pair);
}

enum { DO_BIND, DO_CONNECT };
static JSValue js_bind_connect(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic)
{
    int32_t fd, port, r;
    size_t len;
    const char *addr;
    JSValue v;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_port(ctx, argv[2], &port))
        return JS_EXCEPTION;
    addr = JS_ToCStringLen(ctx, &len, argv[1]);
    if (!addr)
        return JS_EXCEPTION;
    r = magic == DO_BIND ? wq_bind(fd, addr, len, port) : wq_connect(fd, addr, len, port, 0);
    v = r < 0 ? wq_throw_errno(ctx, r, magic == DO_BIND ? "bind" : "connect", addr, port) : JS_NewInt32(ctx, 0);
    JS_FreeCString(ctx, addr);
    return v;
}

FN(js_listen)
{
    int32_t fd, backlog;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_int(ctx, argv[1], &backlog, 128))
        return JS_EXCEPTION;
    return result(ctx, wq_listen(fd, backlog), "listen");
}

FN(js_accept)
{
    int32_t fd, r;
    wq_addr peer;
    JSValue obj;
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    r = wq_accept(fd, &peer, 0);
    if (r == -EAGAIN)
        return JS_NULL; /* non-blocking and nobody waits */
    if (r < 0)
        return result(ctx, r, "accept");
    wq_tail_clear(r);
    obj = JS_NewObject(ctx);
    wq_put(ctx, obj, "fd", JS_NewInt32(ctx, r));
    return wq_addr_props(ctx, obj, &peer);
}

/* send(fd, data, flags) or send(fd, buffer, offset, length, flags) */
FN(js_send)
{
    int32_t fd, flags, r;
    wq_payload p;
    bool ranged = argc >= 5;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_int(ctx, argv[ranged ? 4 : 2], &flags, 0))
        return JS_EXCEPTION;
    if (!wq_to_payload(ctx, argv[1], ranged ? argv[2] : JS_UNDEFINED, ranged ? argv[3] : JS_UNDEFINED, &p))
        return JS_EXCEPTION;
    r = wq_send(fd, p.ptr, p.len, flags);
    wq_payload_free(ctx, &p);
    return result(ctx, r, "send");
}

/* sendto(fd, data, flags, address, port) */
FN(js_sendto)
{
    int32_t fd, flags, port, r;
    wq_payload p;
    size_t len;
    const char *addr;
    JSValue v;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_int(ctx, argv[2], &flags, 0) || !wq_to_port(ctx, argv[4], &port))
        return JS_EXCEPTION;
    addr = JS_ToCStringLen(ctx, &len, argv[3]);
    if (!addr)
        return JS_EXCEPTION;
    if (!wq_to_payload(ctx, argv[1], JS_UNDEFINED, JS_UNDEFINED, &p)) {
        JS_FreeCString(ctx, addr);
        return JS_EXCEPTION;
    }
    r = wq_sendto(fd, p.ptr, p.len, flags, addr, len, port);
    wq_payload_free(ctx, &p);
    v = r < 0 ? wq_throw_errno(ctx, r, "sendto", addr, port) : JS_NewInt32(ctx, r);
    JS_FreeCString(ctx, addr);
    return v;
}

#define MAX_RECV (16 << 20)

static bool to_size(JSContext *ctx, JSValueConst v, int32_t *size)
{
    double d = 65536;
    if (!JS_IsUndefined(v) && JS_ToFloat64(ctx, &d, v))
        return false;
    if (!(d >= 1 && d <= MAX_RECV)) {
        JS_ThrowRangeError(ctx, "size must be from 1 to %d bytes", MAX_RECV);
        return false;
    }
    *size = d;
    return true;
}

/* A datagram is whole: what it cuts does not go on in the next one. */
static bool is_datagram(int32_t fd)
{
    int32_t type;
    return wq_getsockopt(fd, 1 /* SOL_SOCKET */, 3 /* SO_TYPE */, &type) >= 0 && type == 2 /* SOCK_DGRAM */;
}

/* recv(fd, size, flags) -> string. The tail of a cut character waits for the
 * next call; at the end of the stream it becomes U+FFFD, as a decoder does. */
FN(js_recv)
{
    int32_t fd, size, flags, r;
    uint8_t *buf;
    size_t kept, n, cut;
    tail *t;
    JSValue v;
    if (!wq_to_fd(ctx, argv[0], &fd) || !to_size(ctx, argv[1], &size) || !wq_to_int(ctx, argv[2], &flags, 0))
        return JS_EXCEPTION;
    t = tail_of(fd, true);
    kept = t ? t->len : 0;
    buf = js_malloc(ctx, size + sizeof(t->bytes));
    if (!buf)
        return JS_EXCEPTION;
    for (;;) {
        if (kept)
            memcpy(buf, t->bytes, kept);
        r = wq_recv(fd, buf + kept, size, flags);
        if (r < 0) {
            js_free(ctx, buf);
            return result(ctx, r, "recv");
        }
        n = kept + r;
        cut = r > 0 ? wq_utf8_tail(buf, n) : 0;
        if (cut && is_datagram(fd))
            cut = 0;
        if (flags & MSG_PEEK) {
            n -= cut;
            break;
        }
        if (t) {
            memcpy(t->bytes, buf + n - cut, cut);
            t->len = cut;
        }
        n -= cut;
        if (n > 0 || r == 0)
            break;
        kept = cut; /* only a part of one character: "" would mean the end */
    }
    v = wq_decode(ctx, buf, n);
    js_free(ctx, buf);
    return v;
}

/* recvBytes(fd, size, flags) -> Uint8Array */
FN(js_recv_bytes)
{
    int32_t fd, size, flags, r;
    uint8_t *buf;
    JSValue v;
    if (!wq_to_fd(ctx, argv[0], &fd) || !to_size(ctx, argv[1], &size) || !wq_to_int(ctx, argv[2], &flags, 0))
        return JS_EXCEPTION;
    buf = js_malloc(ctx, size);
    if (!buf)
        return JS_EXCEPTION;
    r = tail_take(fd, flags, buf, size);
    if (r == 0)
        r = wq_recv(fd, buf, size, flags);
    v = r < 0 ? result(ctx, r, "recv") : JS_NewUint8ArrayCopy(ctx, buf, r);
    js_free(ctx, buf);
    return v;
}

/* recvInto(fd, buffer, offset, length, flags) -> bytes; 0 at the end */
FN(js_recv_into)
{
    int32_t fd, flags, r;
    uint8_t *p;
    size_t n;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_int(ctx, argv[4], &flags, 0))
        return JS_EXCEPTION;
    if (!wq_bytes(ctx, argv[1], argv[2], argv[3], true, &p, &n))
        return JS_EXCEPTION;
    if (n == 0)
        return JS_ThrowRangeError(ctx, "recvInto needs room for at least one byte");
    r = tail_take(fd, flags, p, n);
    return result(ctx, r > 0 ? r : wq_recv(fd, p, n > INT32_MAX ? INT32_MAX : n, flags), "recv");
}

/* recvfrom(fd, size, flags) -> {data: Uint8Array, address, port, family} */
FN(js_recvfrom)
{
    int32_t fd, size, flags, r;
    uint8_t *buf;
    wq_addr from;
    JSValue obj;
    if (!wq_to_fd(ctx, argv[0], &fd) || !to_size(ctx, argv[1], &size) || !wq_to_int(ctx, argv[2], &flags, 0))
        return JS_EXCEPTION;
    buf = js_malloc(ctx, size);
    if (!buf)
        return JS_EXCEPTION;
    r = wq_recvfrom(fd, buf, size, flags, &from);
    if (r < 0) {
        js_free(ctx, buf);
        return result(ctx, r, "recvfrom");
    }
    obj = JS_NewObject(ctx);
    wq_put(ctx, obj, "data", JS_NewUint8ArrayCopy(ctx, buf, r));
    js_free(ctx, buf);
    return wq_addr_props(ctx, obj, &from);
}

FN(js_close)
{
    int32_t fd, r;
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    r = wq_close(fd); /* frees the number even when it fails */
    wq_tail_clear(fd);
    wq_event_forget(ctx, fd);
    return result(ctx, r, "close");
}

FN(js_shutdown)
{
    int32_t fd, how;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_int(ctx, argv[1], &how, 2))
        return JS_EXCEPTION;
    return result(ctx, wq_shutdown(fd, how), "shutdown");
}

FN(js_setsockopt)
{
    int32_t fd, level, opt, val;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_int(ctx, argv[1], &level, 0) ||
        !wq_to_int(ctx, argv[2], &opt, 0) || !wq_to_int(ctx, argv[3], &val, 0))
        return JS_EXCEPTION;
    return result(ctx, wq_setsockopt(fd, level, opt, val), "setsockopt");
}

FN(js_getsockopt)
{
    int32_t fd, level, opt, val = 0, r;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_int(ctx, argv[1], &level, 0) || !wq_to_int(ctx, argv[2], &opt, 0))
        return JS_EXCEPTION;
    r = wq_getsockopt(fd, level, opt, &val);
    return r < 0 ? result(ctx, r, "getsockopt") : JS_NewInt32(ctx, val);
}

static JSValue js_getname(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic)
{
    int32_t fd, r;
    wq_addr a;
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    r = magic ? wq_getpeername(fd, &a) : wq_getsockname(fd, &a);
    if (r < 0)
        return result(ctx, r, magic ? "getpeername" : "getsockname");
    return wq_addr_props(ctx, JS_NewObject(ctx), &a);
}

FN(js_fcntl)
{
    int32_t fd, cmd, arg;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_int(ctx, argv[1], &cmd, 0) || !wq_to_int(ctx, argv[2], &arg, 0))
        return JS_EXCEPTION;
    return result(ctx, wq_fcntl(fd, cmd, arg), "fcntl");
}

#define F_GETFL 3
#define F_SETFL 4
#define O_NONBLOCK 0x800

/* setnonblocking(fd, on = true) */
FN(js_setnonblocking)
{
    int32_t fd;
    bool on = JS_IsUndefined(argv[1]) || JS_ToBool(ctx, argv[1]);
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    return result(ctx, wq_fcntl(fd, F_SETFL, on ? O_NONBLOCK : 0), "fcntl");
}

/* Whether the peer is there: no end of stream and no error is waiting. */
FN(js_is_connected)
{
    int32_t fd, r;
    uint8_t b;
    wq_addr a;
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    if (wq_getpeername(fd, &a) < 0)
        return JS_FALSE;
    r = wq_recv(fd, &b, 1, MSG_PEEK | 0x40 /* MSG_DONTWAIT */);
    return JS_NewBool(ctx, r > 0 || r == -EAGAIN);
}

FN(js_gethostbyname)
{
    JSValue list = wq_lookup_sync(ctx, argv[0], 2), first;
    if (JS_IsException(list))
        return list;
    first = JS_GetPropertyUint32(ctx, list, 0);
    JS_FreeValue(ctx, list);
    return first;
}

/* getaddrinfo(name, {family}) */
FN(js_getaddrinfo)
{
    int32_t family = 0;
    if (JS_IsObject(argv[1])) {
        JSValue v = JS_GetPropertyStr(ctx, argv[1], "family");
        bool ok = !JS_IsException(v) && wq_to_int(ctx, v, &family, 0);
        JS_FreeValue(ctx, v);
        if (!ok)
            return JS_EXCEPTION;
        if (family == 4)
            family = 2;
        if (family == 6)
            family = 10;
        if (family != 0 && family != 2 && family != 10)
            return JS_ThrowRangeError(ctx, "family must be 0, 4, 6, AF_INET or AF_INET6");
    }
    return wq_lookup_sync(ctx, argv[0], family);
}

FN(js_get_error)
{
    return JS_NewString(ctx, wq.last_errno ? strerror(wq.last_errno) : "");
}

const JSCFunctionListEntry wq_socket_funcs[] = {
    JS_CFUNC_DEF("socket", 3, js_socket),
    JS_CFUNC_DEF("socketpair", 3, js_socketpair),
    JS_CFUNC_MAGIC_DEF("bind", 3, js_bind_connect, DO_BIND),
    JS_CFUNC_MAGIC_DEF("connect", 3, js_bind_connect, DO_CONNECT),
    JS_CFUNC_DEF("listen", 2, js_listen),
    JS_CFUNC_DEF("accept", 1, js_accept),
    JS_CFUNC_DEF("send", 3, js_send),
    JS_CFUNC_DEF("sendto", 5, js_sendto),
    JS_CFUNC_DEF("recv", 3, js_recv),
    JS_CFUNC_DEF("recvBytes", 3, js_recv_bytes),
    JS_CFUNC_DEF("recvInto", 5, js_recv_into),
    JS_CFUNC_DEF("recvfrom", 3, js_recvfrom),
    JS_CFUNC_DEF("close", 1, js_close),
    JS_CFUNC_DEF("shutdown", 2, js_shutdown),
    JS_CFUNC_DEF("setsockopt", 4, js_setsockopt),
    JS_CFUNC_DEF("getsockopt", 3, js_getsockopt),
    JS_CFUNC_MAGIC_DEF("getsockname", 1, js_getname, 0),
    JS_CFUNC_MAGIC_DEF("getpeername", 1, js_getname, 1),
    JS_CFUNC_DEF("fcntl", 3, js_fcntl),
    JS_CFUNC_DEF("setnonblocking", 2, js_setnonblocking),
    JS_CFUNC_DEF("is_connected", 1, js_is_connected),
    JS_CFUNC_DEF("gethostbyname", 1, js_gethostbyname),
    JS_CFUNC_DEF("getaddrinfo", 2, js_getaddrinfo),
    JS_CFUNC_DEF("get_error", 0, js_get_error),
};
const int wq_socket_funcs_len = countof(wq_socket_funcs);
