/* Sockets for the JS library: calls that neither wait nor throw what the system says. */
#include "sockets.h"

/* trySend(fd, buffer, offset, length) -> bytes or -errno; never waits */
FN(js_try_send)
{
    int32_t fd;
    uint8_t *p;
    size_t n;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_bytes(ctx, argv[1], argv[2], argv[3], false, &p, &n))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, wq_send(fd, p, n > INT32_MAX ? INT32_MAX : n, 0x40));
}

/* tryRecv(fd, buffer, offset, length) -> bytes or -errno; never waits */
FN(js_try_recv)
{
    int32_t fd;
    uint8_t *p;
    size_t n;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_bytes(ctx, argv[1], argv[2], argv[3], true, &p, &n))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, wq_recv(fd, p, n > INT32_MAX ? INT32_MAX : n, 0x40));
}

/* tryAccept(fd) -> {fd, address, port, family} or -errno; never waits */
FN(js_try_accept)
{
    int32_t fd, r;
    wq_addr peer;
    JSValue obj;
    if (!wq_to_fd(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    r = wq_accept(fd, &peer, 1);
    if (r < 0)
        return JS_NewInt32(ctx, r);
    wq_tail_clear(r);
    obj = JS_NewObject(ctx);
    wq_put(ctx, obj, "fd", JS_NewInt32(ctx, r));
    return wq_addr_props(ctx, obj, &peer);
}

/* tryConnect(fd, address, port) -> 0 or -errno (EINPROGRESS: wait, then SO_ERROR) */
FN(js_try_connect)
{
    int32_t fd, port, r;
    size_t len;
    const char *addr;
    if (!wq_to_fd(ctx, argv[0], &fd) || !wq_to_port(ctx, argv[2], &port))
        return JS_EXCEPTION;
    addr = JS_ToCStringLen(ctx, &len, argv[1]);
    if (!addr)
        return JS_EXCEPTION;
    r = wq_connect(fd, addr, len, port, 1);
    JS_FreeCString(ctx, addr);
    return JS_NewInt32(ctx, r);
}

/* errnoError(negated errno, syscall, address, port) -> the error to throw */
FN(js_errno_error)
{
    int32_t r, port;
    const char *sys, *addr = NULL;
    JSValue v;
    if (JS_ToInt32(ctx, &r, argv[0]) || !wq_to_int(ctx, argv[3], &port, -1))
        return JS_EXCEPTION;
    sys = JS_ToCString(ctx, argv[1]);
    if (!sys)
        return JS_EXCEPTION;
    if (JS_IsString(argv[2]))
        addr = JS_ToCString(ctx, argv[2]);
    wq_throw_errno(ctx, r, sys, addr, port);
    v = JS_GetException(ctx);
    JS_FreeCString(ctx, sys);
    if (addr)
        JS_FreeCString(ctx, addr);
    return v;
}

const JSCFunctionListEntry wq_try_funcs[] = {
    JS_CFUNC_DEF("trySend", 4, js_try_send),
    JS_CFUNC_DEF("tryRecv", 4, js_try_recv),
    JS_CFUNC_DEF("tryAccept", 1, js_try_accept),
    JS_CFUNC_DEF("tryConnect", 3, js_try_connect),
    JS_CFUNC_DEF("errnoError", 4, js_errno_error),
};
const int wq_try_funcs_len = countof(wq_try_funcs);
