/* A whole response in one call: what res.json() and res.send() of a text come to
 * when nobody changed the usual course. */
#include "http_server.h"
#include "sockets.h"

static const struct {
    const char *text;
    size_t len;
} types[] = {
#define TYPE(s) { s, sizeof(s) - 1 }
    TYPE("application/json; charset=utf-8"),
    TYPE("text/html; charset=utf-8"),
#undef TYPE
};

/* Whether the request has a header. Scripts may have changed the object that
 * was made of them. */
static bool has_field(JSContext *ctx, const exchange *x, const char *name)
{
    JSValue all = x->values[VAL_HEADERS];
    if (!JS_IsUndefined(all)) {
        JSAtom atom = JS_NewAtom(ctx, name);
        int r = JS_IsObject(all) ? JS_HasProperty(ctx, all, atom) : 1;
        JS_FreeAtom(ctx, atom);
        if (r < 0)
            JS_FreeValue(ctx, JS_GetException(ctx));
        return r != 0;
    }
    for (int i = 0; i < x->n_fields; i++) {
        if (wq_span_is(x->fields[i].name, name))
            return true;
    }
    return false;
}

/* sendWhole(res, body, type, tagged): sends a string or bytes with a type and an
 * entity tag. False, and nothing was done, when there is more to it: headers that
 * were set before, a condition of the request, a status without a body. */
static JSValue send_whole(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque(argv[0], wq_http_res_class);
    int32_t type;
    bool tagged, ok;
    wq_payload p;
    char tag[WQ_TAG_MAX];
    int n = 0;
    if (JS_ToInt32(ctx, &type, argv[2]))
        return JS_EXCEPTION;
    tagged = JS_ToBool(ctx, argv[3]);
    if (!x || type < 0 || type >= (int32_t)countof(types) || x->status < 200 || x->status == 204 || x->status == 205 ||
        x->status == 304 || header_is_set(x, "content-type") || has_field(ctx, x, "if-none-match") ||
        has_field(ctx, x, "if-modified-since"))
        return JS_FALSE;
    if (!x->live || x->ended || x->head_sent || x->length >= 0) /* after the last that may run a script */
        return JS_FALSE;
    if (!wq_to_payload(ctx, argv[1], JS_UNDEFINED, JS_UNDEFINED, &p))
        return JS_EXCEPTION;
    if (tagged && !header_is_set(x, "etag"))
        n = wq_entity_tag(p.ptr, p.len, true, tag);
    ok = n >= 0 && header_add(ctx, x, "Content-Type", types[type].text, types[type].len) == 0 &&
         (n == 0 || header_add(ctx, x, "ETag", tag, n) == 0);
    if (ok)
        response_whole(ctx, x, p.ptr, p.len);
    wq_payload_free(ctx, &p);
    if (n < 0)
        return wq_throw_errno(ctx, n, "digest", NULL, 0);
    return ok ? JS_TRUE : JS_EXCEPTION;
}

const JSCFunctionListEntry wq_http_whole_funcs[] = {
    JS_CFUNC_DEF("sendWhole", 4, send_whole),
};
const int wq_http_whole_funcs_len = countof(wq_http_whole_funcs);
