/* Errors of the imports as JavaScript sees them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "wqjs.h"

#define E(name) [name] = #name
static const char *const names[] = {
    E(E2BIG), E(EACCES), E(EADDRINUSE), E(EADDRNOTAVAIL), E(EAFNOSUPPORT), E(EAGAIN), E(EALREADY), E(EBADF),
    E(EBADMSG), E(EBUSY), E(ECANCELED), E(ECHILD), E(ECONNABORTED), E(ECONNREFUSED), E(ECONNRESET), E(EDEADLK),
    E(EDESTADDRREQ), E(EDOM), E(EDQUOT), E(EEXIST), E(EFAULT), E(EFBIG), E(EHOSTUNREACH), E(EIDRM), E(EILSEQ),
    E(EINPROGRESS), E(EINTR), E(EINVAL), E(EIO), E(EISCONN), E(EISDIR), E(ELOOP), E(EMFILE), E(EMLINK), E(EMSGSIZE),
    E(EMULTIHOP), E(ENAMETOOLONG), E(ENETDOWN), E(ENETRESET), E(ENETUNREACH), E(ENFILE), E(ENOBUFS), E(ENODEV),
    E(ENOENT), E(ENOEXEC), E(ENOLCK), E(ENOLINK), E(ENOMEM), E(ENOMSG), E(ENOPROTOOPT), E(ENOSPC), E(ENOSYS),
    E(ENOTCONN), E(ENOTDIR), E(ENOTEMPTY), E(ENOTRECOVERABLE), E(ENOTSOCK), E(ENOTSUP), E(ENOTTY), E(ENXIO),
    E(EOVERFLOW), E(EOWNERDEAD), E(EPERM), E(EPIPE), E(EPROTO), E(EPROTONOSUPPORT), E(EPROTOTYPE), E(ERANGE),
    E(EROFS), E(ESPIPE), E(ESRCH), E(ESTALE), E(ETIMEDOUT), E(ETXTBSY), E(EXDEV), E(ENOTCAPABLE),
    /* ours, for name resolution and TLS */
    [201] = "ENOTFOUND", [202] = "EAI_AGAIN", [203] = "ECERT",
};

const char *wq_errno_name(int32_t err)
{
    if (err < 0 || err >= (int32_t)countof(names) || !names[err])
        return "EUNKNOWN";
    return names[err];
}

void wq_put(JSContext *ctx, JSValueConst obj, const char *name, JSValue value)
{
    if (JS_IsException(value)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        value = JS_UNDEFINED;
    }
    if (JS_DefinePropertyValueStr(ctx, obj, name, value, JS_PROP_C_W_E) < 0)
        JS_FreeValue(ctx, JS_GetException(ctx));
}

JSValue wq_throw_errno(JSContext *ctx, int32_t negated, const char *syscall,
                       const char *addr, int32_t port)
{
    int32_t err = -negated;
    const char *code = wq_errno_name(err);
    char msg[1024];
    int32_t n = wq_core_detail(msg, sizeof(msg) - 1);
    JSValue e;
    wq.last_errno = err;
    if (n > 0)
        msg[n] = '\0';
    else if (!addr)
        snprintf(msg, sizeof(msg), "%s: %s (%s)", syscall, strerror(err), code);
    else if (port > 0)
        snprintf(msg, sizeof(msg), strchr(addr, ':') ? "%s [%.200s]:%d: %s (%s)" : "%s %.200s:%d: %s (%s)",
                 syscall, addr, port, strerror(err), code);
    else
        snprintf(msg, sizeof(msg), "%s %.200s: %s (%s)", syscall, addr, strerror(err), code);
    e = JS_NewInternalError(ctx, "%s", msg);
    if (JS_IsException(e))
        return e;
    wq_put(ctx, e, "code", JS_NewString(ctx, code));
    wq_put(ctx, e, "errno", JS_NewInt32(ctx, err));
    wq_put(ctx, e, "syscall", JS_NewString(ctx, syscall));
    if (addr) {
        wq_put(ctx, e, "address", JS_NewString(ctx, addr));
        if (port >= 0)
            wq_put(ctx, e, "port", JS_NewInt32(ctx, port));
    }
    if (wq_interrupt)
        JS_SetUncatchableError(ctx, e); /* the wait ended because the script must */
    return JS_Throw(ctx, e);
}
