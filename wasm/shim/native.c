/* The module wqjs:internal/native: what the JS library needs of C. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sockets.h"

/* ---- bytes and text ---- */

/* Getters of DataView.prototype: reading the properties would run a script's. */
static JSValue view_getters[3];
static const char *const view_props[3] = { "buffer", "byteOffset", "byteLength" };
static JSValue array_getter; /* byteLength of %TypedArray%.prototype */

static int take_getter(JSContext *ctx, JSValueConst proto, const char *name, JSValue *getter)
{
    JSPropertyDescriptor desc;
    JSAtom atom = JS_NewAtom(ctx, name);
    int r = JS_GetOwnProperty(ctx, &desc, proto, atom) == 1 ? 0 : -1;
    JS_FreeAtom(ctx, atom);
    if (r == 0) {
        *getter = desc.getter;
        JS_FreeValue(ctx, desc.setter);
        JS_FreeValue(ctx, desc.value);
    }
    return r;
}

static JSValue prototype_of(JSContext *ctx, const char *ctor_name)
{
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue ctor = JS_GetPropertyStr(ctx, global, ctor_name);
    JSValue proto = JS_GetPropertyStr(ctx, ctor, "prototype");
    JS_FreeValue(ctx, ctor);
    JS_FreeValue(ctx, global);
    return proto;
}

int wq_init_bytes(JSContext *ctx)
{
    JSValue view = prototype_of(ctx, "DataView");
    JSValue bytes = prototype_of(ctx, "Uint8Array");
    JSValue array = JS_GetPrototype(ctx, bytes);
    int r = take_getter(ctx, array, "byteLength", &array_getter);
    for (int i = 0; i < 3 && r == 0; i++)
        r = take_getter(ctx, view, view_props[i], &view_getters[i]);
    JS_FreeValue(ctx, view);
    JS_FreeValue(ctx, bytes);
    JS_FreeValue(ctx, array);
    return r;
}

/* Buffer, offset and length of a DataView; none of this runs script code. */
static JSValue view_parts(JSContext *ctx, JSValueConst view, size_t *off, size_t *len)
{
    double part[3];
    JSValue buf = JS_Call(ctx, view_getters[0], view, 0, NULL);
    for (int i = 1; i < 3 && !JS_IsException(buf); i++) {
        JSValue v = JS_Call(ctx, view_getters[i], view, 0, NULL);
        if (JS_IsException(v) || JS_ToFloat64(ctx, &part[i], v)) {
            JS_FreeValue(ctx, buf);
            return JS_EXCEPTION;
        }
    }
    if (!JS_IsException(buf)) {
        *off = part[1];
        *len = part[2];
    }
    return buf;
}

/* An offset or length argument; may run script code (valueOf). */
static bool to_index(JSContext *ctx, JSValueConst v, uint64_t *out, bool *given)
{
    *given = !JS_IsUndefined(v);
    return !*given || JS_ToIndex(ctx, out, v) == 0;
}

bool wq_bytes(JSContext *ctx, JSValueConst v, JSValueConst off, JSValueConst len,
              bool writable, uint8_t **ptr, size_t *size)
{
    uint8_t *p;
    size_t n = 0, o = 0, total = 0;
    uint64_t from = 0, count = 0;
    bool has_from, has_count;
    int immutable;
    JSValue buf;
    /* First what may run script code, which could detach the buffer. */
    if (!to_index(ctx, off, &from, &has_from) || !to_index(ctx, len, &count, &has_count))
        return false;
    if (JS_IsArrayBuffer(v)) {
        buf = JS_DupValue(ctx, v);
    } else if (JS_GetTypedArrayType(v) >= 0) {
        buf = JS_GetTypedArrayBuffer(ctx, v, &o, &n, NULL);
    } else if (JS_IsDataView(v)) {
        buf = view_parts(ctx, v, &o, &n);
    } else {
        JS_ThrowTypeError(ctx, "expected an ArrayBuffer, a typed array or a DataView");
        return false;
    }
    if (JS_IsException(buf))
        return false;
    p = JS_GetArrayBuffer(ctx, &total, buf);
    if (JS_GetTypedArrayType(v) >= 0 && o + n != total) {
        /* The engine tells the length that the view was made with, but it may
         * follow a buffer that has been resized. */
        JSValue now = JS_Call(ctx, array_getter, v, 0, NULL);
        double d = n;
        JS_ToFloat64(ctx, &d, now);
        n = d;
    }
    immutable = JS_IsImmutableArrayBuffer(buf);
    if (JS_IsArrayBuffer(v))
        n = total;
    JS_FreeValue(ctx, buf); /* v keeps it alive */
    if (!p && JS_HasException(ctx))
        return false;
    if (writable && immutable == 1) {
        JS_ThrowTypeError(ctx, "the ArrayBuffer is immutable");
        return false;
    }
    if (o > total || n > total - o) {
        JS_ThrowRangeError(ctx, "the view lies outside of its buffer");
        return false;
    }
    if (has_from && from > n) {
        JS_ThrowRangeError(ctx, "offset %llu is beyond the buffer's %zu bytes", (unsigned long long)from, n);
        return false;
    }
    n -= from;
    if (has_count && count > n) {
        JS_ThrowRangeError(ctx, "length %llu is beyond the buffer's %zu bytes", (unsigned long long)count, n);
        return false;
    }
    *ptr = p ? p + o + from : NULL;
    *size = has_count ? count : n;
    return true;
}

const char *wq_utf8(JSContext *ctx, JSValueConst v, size_t *len)
{
    const char *s = JS_ToCStringLen(ctx, len, v);
    if (!s)
        return NULL;
    /* The engine writes a lone surrogate as three bytes ED A0..BF xx, just as
     * long as U+FFFD. A string with such a byte was encoded into a copy. */
    for (const char *p = s, *end = s + *len; (p = memchr(p, 0xed, end - p)); p++) {
        if (end - p >= 3 && (uint8_t)p[1] >= 0xa0)
            memcpy((char *)p, "\xef\xbf\xbd", 3);
        if (p + 1 >= end)
            break;
    }
    return s;
}

size_t wq_utf8_tail(const uint8_t *p, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t c = p[len - back];
        size_t need;
        if (c < 0x80)
            return 0;
        if (c < 0xc0)
            continue; /* a continuation: look further back */
        need = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
        if (back >= need)
            return 0;
        if (back >= 2) { /* the second byte has a narrower range */
            uint8_t d = p[len - back + 1];
            if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) ||
                (c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f))
                return 0;
        }
        return back;
    }
    return 0;
}

/* Decodes with the WHATWG's replacement rules; -1: bad and fatal. */
static JSValue decode_utf8(JSContext *ctx, const uint8_t *p, size_t len, bool fatal)
{
    size_t i = 0, n = 0;
    uint16_t *out;
    JSValue v;
    while (i < len && p[i] < 0x80)
        i++;
    if (i == len)
        return JS_NewStringLen(ctx, (const char *)p, len);
    out = js_malloc(ctx, len * 2);
    if (!out)
        return JS_EXCEPTION;
    for (i = 0; i < len;) {
        uint8_t c = p[i++];
        uint32_t cp;
        int need;
        uint8_t lo = 0x80, hi = 0xbf;
        if (c < 0x80) {
            out[n++] = c;
            continue;
        }
        if (c >= 0xc2 && c <= 0xdf) {
            need = 1;
            cp = c & 0x1f;
        } else if (c >= 0xe0 && c <= 0xef) {
            need = 2;
            cp = c & 0xf;
            if (c == 0xe0)
                lo = 0xa0;
            if (c == 0xed)
                hi = 0x9f;
        } else if (c >= 0xf0 && c <= 0xf4) {
            need = 3;
            cp = c & 7;
            if (c == 0xf0)
                lo = 0x90;
            if (c == 0xf4)
                hi = 0x8f;
        } else {
            goto bad;
        }
        while (need > 0 && i < len && p[i] >= lo && p[i] <= hi) {
            cp = cp << 6 | (p[i++] & 0x3f);
            lo = 0x80;
            hi = 0xbf;
            need--;
        }
        if (need == 0) {
            if (cp >= 0x10000) {
                cp -= 0x10000;
                out[n++] = 0xd800 | cp >> 10;
                out[n++] = 0xdc00 | (cp & 0x3ff);
            } else {
                out[n++] = cp;
            }
            continue;
        }
    bad:
        if (fatal) {
            js_free(ctx, out);
            return JS_ThrowTypeError(ctx, "the data is not valid UTF-8 (byte %zu)", i - 1);
        }
        out[n++] = 0xfffd;
    }
    v = JS_NewStringUTF16(ctx, out, n);
    js_free(ctx, out);
    return v;
}

JSValue wq_decode(JSContext *ctx, const uint8_t *p, size_t len)
{
    return decode_utf8(ctx, p, len, false);
}

static JSValue utf8_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint8_t *p;
    size_t n;
    if (!wq_bytes(ctx, argv[0], argv[1], argv[2], false, &p, &n))
        return JS_EXCEPTION;
    return decode_utf8(ctx, p, n, JS_ToBool(ctx, argv[3]));
}

static JSValue utf8_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t n;
    const char *s = wq_utf8(ctx, argv[0], &n);
    JSValue v;
    if (!s)
        return JS_EXCEPTION;
    v = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)s, n);
    JS_FreeCString(ctx, s);
    return v;
}

/* utf8EncodeInto(string, bytes) -> [UTF-16 units read, bytes written] */
static JSValue utf8_encode_into(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t n, cap, i = 0;
    uint64_t read = 0;
    uint8_t *out;
    const char *s = wq_utf8(ctx, argv[0], &n);
    JSValue pair[2];
    if (!s)
        return JS_EXCEPTION;
    if (!wq_bytes(ctx, argv[1], JS_UNDEFINED, JS_UNDEFINED, true, &out, &cap)) {
        JS_FreeCString(ctx, s);
        return JS_EXCEPTION;
    }
    while (i < n) {
        uint8_t c = s[i];
        size_t w = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if (i + w > cap)
            break;
        i += w;
        read += w == 4 ? 2 : 1;
    }
    if (i)
        memcpy(out, s, i);
    JS_FreeCString(ctx, s);
    pair[0] = JS_NewInt64(ctx, read);
    pair[1] = JS_NewInt64(ctx, i);
    return JS_NewArrayFrom(ctx, 2, pair);
}

static JSValue utf8_tail(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint8_t *p;
    size_t n;
    if (!wq_bytes(ctx, argv[0], argv[1], argv[2], false, &p, &n))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, wq_utf8_tail(p, n));
}

/* writeOut(fd, string): all of it, to stdout or stderr */
static JSValue write_out(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd;
    size_t n;
    const char *s, *p;
    if (JS_ToInt32(ctx, &fd, argv[0]))
        return JS_EXCEPTION;
    if (fd != 1 && fd != 2)
        return JS_ThrowRangeError(ctx, "writeOut: fd %d is neither stdout nor stderr", fd);
    s = wq_utf8(ctx, argv[1], &n);
    if (!s)
        return JS_EXCEPTION;
    fflush(fd == 1 ? stdout : stderr); /* what std.puts wrote comes first */
    for (p = s; n > 0;) {
        ssize_t w = write(fd, p, n);
        if (w <= 0) {
            int err = w < 0 ? errno : EIO;
            if (err == EINTR || err == EAGAIN)
                continue;
            JS_FreeCString(ctx, s);
            return wq_throw_errno(ctx, -err, "write", NULL, 0);
        }
        p += w;
        n -= w;
    }
    JS_FreeCString(ctx, s);
    return JS_UNDEFINED;
}

/* ---- looking at values without running their code ---- */

static JSValue class_of(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSClassID id = JS_GetClassID(argv[0]);
    JSAtom name;
    JSValue v;
    if (id == JS_INVALID_CLASS_ID)
        return JS_UNDEFINED;
    if (JS_IsProxy(argv[0])) /* the engine's name for these is "Object" */
        return JS_NewString(ctx, "Proxy");
    name = JS_GetClassName(JS_GetRuntime(ctx), id);
    if (name == JS_ATOM_NULL)
        return JS_UNDEFINED;
    v = JS_AtomToString(ctx, name);
    JS_FreeAtom(ctx, name);
    return v;
}

static JSValue promise_state(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSPromiseStateEnum st = JS_PromiseState(ctx, argv[0]);
    JSValue pair[2];
    if (st == JS_PROMISE_NOT_A_PROMISE)
        return JS_UNDEFINED;
    pair[0] = JS_NewInt32(ctx, st);
    pair[1] = st == JS_PROMISE_PENDING ? JS_UNDEFINED : JS_PromiseResult(ctx, argv[0]);
    return JS_NewArrayFrom(ctx, 2, pair);
}

static JSValue proxy_parts(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue pair[2];
    if (!JS_IsProxy(argv[0]))
        return JS_UNDEFINED;
    pair[0] = JS_GetProxyTarget(ctx, argv[0]);
    pair[1] = JS_GetProxyHandler(ctx, argv[0]);
    for (int i = 0; i < 2; i++) {
        if (JS_IsException(pair[i])) { /* revoked */
            JS_FreeValue(ctx, JS_GetException(ctx));
            pair[i] = JS_NULL;
        }
    }
    return JS_NewArrayFrom(ctx, 2, pair);
}

/* ---- process ---- */

static JSValue do_exit(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t code = 0;
    JSValue exc;
    if (!JS_IsUndefined(argv[0]) && JS_ToInt32(ctx, &code, argv[0]))
        return JS_EXCEPTION;
    fflush(NULL);
    wq.exit_code = code & 0xff;
    wq.exiting = true;
    exc = JS_NewInternalError(ctx, "exit");
    JS_SetUncatchableError(ctx, exc);
    return JS_Throw(ctx, exc);
}

/* Tells the host that the variable with this name is read. */
static JSValue env_used(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    const char *name = JS_ToCStringLen(ctx, &len, argv[0]);
    int32_t r;
    if (!name)
        return JS_EXCEPTION;
    r = wq_core_env_used(name, len);
    JS_FreeCString(ctx, name);
    return r < 0 ? wq_throw_errno(ctx, r, "getenv", NULL, 0) : JS_UNDEFINED;
}

/* evalScript(source, backtraceBarrier, async). That of quickjs-libc turns an
 * interrupt into an error that scripts can catch, and so outlive any limit. */
static JSValue eval_script(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int flags = JS_EVAL_TYPE_GLOBAL;
    size_t len;
    const char *s = JS_ToCStringLen(ctx, &len, argv[0]);
    JSValue v;
    if (!s)
        return JS_EXCEPTION;
    if (JS_ToBool(ctx, argv[1]))
        flags |= JS_EVAL_FLAG_BACKTRACE_BARRIER;
    if (JS_ToBool(ctx, argv[2]))
        flags |= JS_EVAL_FLAG_ASYNC;
    v = JS_Eval(ctx, s, len, "<evalScript>", flags);
    JS_FreeCString(ctx, s);
    return v;
}

static JSValue import_now(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *s = JS_ToCString(ctx, argv[0]);
    JSValue v;
    if (!s)
        return JS_EXCEPTION;
    v = wq_import_now(ctx, s);
    JS_FreeCString(ctx, s);
    return v;
}

/* The Unix time at which the sandbox started, in milliseconds. */
static JSValue time_origin(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return JS_NewFloat64(ctx, wq_time_origin());
}

static JSValue script_args(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue arr = JS_NewArray(ctx);
    for (int i = 0;; i++) {
        int32_t n = wq_core_arg(i);
        char *p;
        if (n < 0)
            return arr;
        p = wq_take(ctx, n);
        if (!p) {
            JS_FreeValue(ctx, arr);
            return JS_EXCEPTION;
        }
        JS_SetPropertyUint32(ctx, arr, i, JS_NewStringLen(ctx, p, n));
        js_free(ctx, p);
    }
}

/* ---- names ---- */

static JSValue take_list(JSContext *ctx, int32_t n)
{
    JSValue arr = JS_NewArray(ctx);
    char *p = wq_take(ctx, n);
    uint32_t i = 0;
    if (!p) {
        JS_FreeValue(ctx, arr);
        return JS_EXCEPTION;
    }
    for (char *s = p; s < p + n; s += strlen(s) + 1)
        JS_SetPropertyUint32(ctx, arr, i++, JS_NewString(ctx, s));
    js_free(ctx, p);
    return arr;
}

JSValue wq_lookup_sync(JSContext *ctx, JSValueConst name, int32_t family)
{
    size_t len;
    const char *s = JS_ToCStringLen(ctx, &len, name);
    JSValue v;
    int32_t r;
    if (!s)
        return JS_EXCEPTION;
    r = wq_name_lookup(s, len, family);
    v = r < 0 ? wq_throw_errno(ctx, r, "getaddrinfo", s, -1) : take_list(ctx, r);
    JS_FreeCString(ctx, s);
    return v;
}

/* lookupStart(name, family, callback(status, id)) */
static JSValue lookup_start(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    int32_t family, id, r;
    const char *s;
    if (JS_ToInt32(ctx, &family, argv[1]))
        return JS_EXCEPTION;
    s = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!s)
        return JS_EXCEPTION;
    id = wq_event_new_op(ctx, argv[2]);
    if (id < 0) {
        JS_FreeCString(ctx, s);
        return JS_EXCEPTION;
    }
    r = wq_name_lookup_start(id, s, len, family);
    if (r < 0) {
        wq_event_drop_op(ctx, id);
        JSValue v = wq_throw_errno(ctx, r, "getaddrinfo", s, -1);
        JS_FreeCString(ctx, s);
        return v;
    }
    JS_FreeCString(ctx, s);
    return JS_NewInt32(ctx, id);
}

/* lookupCancel(id): the callback comes soon, and has a result to fetch */
static JSValue lookup_cancel(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    wq_name_lookup_cancel(id);
    return JS_UNDEFINED;
}

/* lookupResult(id, name): the addresses of a lookup that ended */
static JSValue lookup_result(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id, r;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    r = wq_name_lookup_result(id);
    if (r < 0) {
        const char *s = JS_ToCString(ctx, argv[1]);
        JSValue v;
        if (!s)
            return JS_EXCEPTION;
        v = wq_throw_errno(ctx, r, "getaddrinfo", s, -1);
        JS_FreeCString(ctx, s);
        return v;
    }
    return take_list(ctx, r);
}

static const JSCFunctionListEntry funcs[] = {
    JS_CFUNC_DEF("writeOut", 2, write_out),
    JS_CFUNC_DEF("utf8Encode", 1, utf8_encode),
    JS_CFUNC_DEF("utf8EncodeInto", 2, utf8_encode_into),
    JS_CFUNC_DEF("utf8Decode", 4, utf8_decode),
    JS_CFUNC_DEF("utf8Tail", 3, utf8_tail),
    JS_CFUNC_DEF("classOf", 1, class_of),
    JS_CFUNC_DEF("promiseState", 1, promise_state),
    JS_CFUNC_DEF("proxyParts", 1, proxy_parts),
    JS_CFUNC_DEF("exit", 1, do_exit),
    JS_CFUNC_DEF("envUsed", 1, env_used),
    JS_CFUNC_DEF("evalScript", 3, eval_script),
    JS_CFUNC_DEF("importNow", 1, import_now),
    JS_CFUNC_DEF("scriptArgs", 0, script_args),
    JS_CFUNC_DEF("timeOrigin", 0, time_origin),
    JS_CFUNC_DEF("lookupStart", 3, lookup_start),
    JS_CFUNC_DEF("lookupCancel", 1, lookup_cancel),
    JS_CFUNC_DEF("lookupResult", 2, lookup_result),
};

static int init(JSContext *ctx, JSModuleDef *m)
{
    return JS_SetModuleExportList(ctx, m, funcs, countof(funcs)) ||
           JS_SetModuleExportList(ctx, m, wq_try_funcs, wq_try_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_codec_funcs, wq_codec_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_tls_native_funcs, wq_tls_native_funcs_len) ||
           JS_SetModuleExportList(ctx, m, wq_event_funcs, wq_event_funcs_len);
}

int wq_init_module_native(JSContext *ctx)
{
    JSModuleDef *m = JS_NewCModule(ctx, "wqjs:internal/native", init);
    if (!m)
        return -1;
    return JS_AddModuleExportList(ctx, m, funcs, countof(funcs)) ||
           JS_AddModuleExportList(ctx, m, wq_try_funcs, wq_try_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_codec_funcs, wq_codec_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_tls_native_funcs, wq_tls_native_funcs_len) ||
           JS_AddModuleExportList(ctx, m, wq_event_funcs, wq_event_funcs_len);
}
