/* The arguments of wqjs:sockets: descriptors, numbers, ports, payloads; and addresses as results. */
#include "sockets.h"

bool wq_to_int(JSContext *ctx, JSValueConst v, int32_t *out, int32_t dflt)
{
    if (JS_IsUndefined(v) || JS_IsNull(v)) {
        *out = dflt;
        return true;
    }
    if (!JS_IsNumber(v) && !JS_IsBool(v)) {
        JS_ThrowTypeError(ctx, "flags, options and their values must be numbers");
        return false;
    }
    return JS_ToInt32(ctx, out, v) == 0;
}

bool wq_to_fd(JSContext *ctx, JSValueConst v, int32_t *fd)
{
    double d;
    if (!JS_IsNumber(v)) {
        JS_ThrowTypeError(ctx, "the file descriptor must be a number");
        return false;
    }
    JS_ToFloat64(ctx, &d, v);
    /* What is no integer of 32 bits must not become the number of another. */
    *fd = d >= 0 && d <= INT32_MAX && d == (int32_t)d ? (int32_t)d : -1;
    return true;
}

bool wq_to_port(JSContext *ctx, JSValueConst v, int32_t *port)
{
    double d = 0;
    if (!JS_IsUndefined(v) && JS_ToFloat64(ctx, &d, v))
        return false;
    if (!(d >= 0 && d <= 65535) || d != (int32_t)d) {
        const char *s = JS_ToCString(ctx, v);
        JS_ThrowRangeError(ctx, "port %s is not an integer from 0 to 65535", s ? s : "?");
        JS_FreeCString(ctx, s);
        return false;
    }
    *port = d;
    return true;
}

bool wq_to_payload(JSContext *ctx, JSValueConst v, JSValueConst off, JSValueConst len, wq_payload *p)
{
    uint8_t *b;
    p->str = NULL;
    if (JS_IsObject(v) && (JS_IsArrayBuffer(v) || JS_IsDataView(v) || JS_GetTypedArrayType(v) >= 0)) {
        if (!wq_bytes(ctx, v, off, len, false, &b, &p->len))
            return false;
        p->ptr = b;
    } else {
        if (JS_IsObject(v) || JS_IsSymbol(v) || JS_IsUndefined(v) || JS_IsNull(v)) {
            JS_ThrowTypeError(ctx, "data must be a string, an ArrayBuffer, a typed array or a DataView");
            return false;
        }
        p->str = wq_utf8(ctx, v, &p->len);
        if (!p->str)
            return false;
        p->ptr = (const uint8_t *)p->str;
    }
    if (p->len > INT32_MAX)
        p->len = INT32_MAX;
    return true;
}

void wq_payload_free(JSContext *ctx, wq_payload *p)
{
    if (p->str)
        JS_FreeCString(ctx, p->str);
}

JSValue wq_addr_props(JSContext *ctx, JSValue obj, const wq_addr *a)
{
    size_t len = a->len < sizeof(a->text) ? a->len : sizeof(a->text);
    wq_put(ctx, obj, "address", JS_NewStringLen(ctx, a->text, len));
    wq_put(ctx, obj, "port", JS_NewInt32(ctx, a->port));
    wq_put(ctx, obj, "family", JS_NewInt32(ctx, a->family));
    return obj;
}
