/* The layers of a router, to find those that match a request without running
 * JavaScript for each: fixed paths, and paths whose parameters are whole segments.
 * Of all others it says that they may match. */
#include <string.h>
#include "http_server.h"

static JSClassID routes_class;

/* What a layer matches. Text is lower case where case does not matter. */
enum {
    LAYER_ALL,      /* every path */
    LAYER_SEGMENTS, /* text, parameter, text, ...: the whole path */
    LAYER_PREFIX,   /* paths that start like this may match */
    LAYER_SCRIPT,   /* whatever: only JavaScript knows */
};
enum { FLAG_ROUTE = 1, FLAG_SENSITIVE = 2, FLAG_STRICT = 4 };

#define ALL_METHODS (1ull << 63)
#define MAX_NAMES 32 /* of a layer of segments */

typedef struct {
    uint8_t kind, flags;
    uint16_t n_texts, n_names;
    uint32_t first_text, first_name; /* in the arrays of all layers */
    uint64_t methods;                /* of a route, by llhttp's numbers */
} layer;

typedef struct {
    uint32_t at, len;
} text_at;

typedef struct {
    uint32_t n, n_texts, n_names;
    layer *layers;
    text_at *texts;
    JSAtom *names;
    text_buf text;
} routes;

static void finalizer(JSRuntime *rt, JSValueConst v)
{
    routes *r = JS_GetOpaque(v, routes_class);
    if (!r)
        return;
    for (uint32_t i = 0; i < r->n_names; i++)
        JS_FreeAtomRT(rt, r->names[i]);
    js_free_rt(rt, r->layers);
    js_free_rt(rt, r->texts);
    js_free_rt(rt, r->names);
    js_free_rt(rt, r->text.at);
    js_free_rt(rt, r);
}

static const JSClassDef class_def = { "Routes", .finalizer = finalizer };

/* ---- building ---- */

static int method_number(const char *name, size_t len)
{
    for (int i = 0; i <= HTTP_QUERY; i++) {
        const char *s = llhttp_method_name(i);
        if (strlen(s) == len && !memcmp(s, name, len))
            return i;
    }
    return -1;
}

/* Room for one more in an array of n, which doubles when n is a power of two. */
static bool grow(JSContext *ctx, void *array, size_t size, uint32_t n)
{
    void **p = array, *q;
    if (n & (n - 1))
        return true;
    q = js_realloc(ctx, *p, size * (n ? 2 * n : 1));
    if (!q)
        return false;
    *p = q;
    return true;
}

static bool add_text(JSContext *ctx, routes *r, JSValueConst v)
{
    size_t len;
    const char *s = JS_ToCStringLen(ctx, &len, v);
    bool ok = s && grow(ctx, &r->texts, sizeof(*r->texts), r->n_texts);
    if (ok && r->text.len + len > r->text.cap) {
        uint32_t cap = 2 * (r->text.len + len);
        char *p = js_realloc(ctx, r->text.at, cap);
        ok = p != NULL;
        if (ok) {
            r->text.at = p;
            r->text.cap = cap;
        }
    }
    if (ok) {
        memcpy(r->text.at + r->text.len, s, len);
        r->texts[r->n_texts++] = (text_at){ r->text.len, len };
        r->text.len += len;
    }
    JS_FreeCString(ctx, s);
    return ok;
}

static bool add_name(JSContext *ctx, routes *r, JSValueConst v)
{
    JSAtom name;
    if (!grow(ctx, &r->names, sizeof(*r->names), r->n_names) || (name = JS_ValueToAtom(ctx, v)) == JS_ATOM_NULL)
        return false;
    r->names[r->n_names++] = name;
    return true;
}

typedef bool (*each_fn)(JSContext *ctx, routes *r, JSValueConst v);

/* Calls each for the elements of an array; how many there were, or -1. */
static int each(JSContext *ctx, routes *r, JSValueConst entry, int index, each_fn fn)
{
    JSValue list = JS_GetPropertyUint32(ctx, entry, index);
    int64_t n = 0;
    int done = 0;
    if (!JS_IsUndefined(list) && (JS_GetLength(ctx, list, &n) < 0 || n > UINT16_MAX))
        done = -1;
    for (; done >= 0 && done < n; done++) {
        JSValue v = JS_GetPropertyUint32(ctx, list, done);
        bool ok = !JS_IsException(v) && fn(ctx, r, v);
        JS_FreeValue(ctx, v);
        if (!ok) {
            done = -1;
            break;
        }
    }
    JS_FreeValue(ctx, list);
    return done;
}

static bool add_method(JSContext *ctx, routes *r, JSValueConst v)
{
    size_t len;
    const char *s = JS_ToCStringLen(ctx, &len, v);
    int n;
    if (!s)
        return false;
    n = method_number(s, len);
    if (!strcmp(s, "_all"))
        r->layers[r->n].methods |= ALL_METHODS;
    else if (n >= 0)
        r->layers[r->n].methods |= 1ull << n;
    JS_FreeCString(ctx, s);
    return true;
}

static bool is_sound(const layer *l)
{
    switch (l->kind) {
    case LAYER_SEGMENTS:
        return l->n_names <= MAX_NAMES && l->n_texts > 0 && (l->n_texts == l->n_names || l->n_texts == l->n_names + 1);
    case LAYER_PREFIX:
        return l->n_texts == 1;
    }
    return l->kind <= LAYER_SCRIPT;
}

/* One of [kind, flags, methods, texts, names]. */
static bool add_layer(JSContext *ctx, routes *r, JSValueConst entry)
{
    layer *l;
    int n[3], kind, flags;
    JSValue v;
    if (!grow(ctx, &r->layers, sizeof(*r->layers), r->n))
        return false;
    v = JS_GetPropertyUint32(ctx, entry, 0);
    if (JS_ToInt32(ctx, &kind, v))
        return false;
    v = JS_GetPropertyUint32(ctx, entry, 1);
    if (JS_ToInt32(ctx, &flags, v))
        return false;
    l = &r->layers[r->n];
    *l = (layer){ .kind = kind, .flags = flags, .first_text = r->n_texts, .first_name = r->n_names };
    for (int i = 0; i < 3; i++) {
        n[i] = each(ctx, r, entry, 2 + i, i == 0 ? add_method : i == 1 ? add_text : add_name);
        if (n[i] < 0)
            return false;
    }
    l->n_texts = n[1];
    l->n_names = n[2];
    if (!is_sound(l)) {
        JS_ThrowRangeError(ctx, "this is no layer of a router");
        return false;
    }
    r->n++;
    return true;
}

/* routesNew(layers) */
static JSValue routes_new(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue obj = JS_NewObjectClass(ctx, routes_class);
    routes *r = js_mallocz(ctx, sizeof(*r));
    int64_t n;
    if (!r || JS_IsException(obj)) {
        js_free(ctx, r);
        JS_FreeValue(ctx, obj);
        return JS_EXCEPTION;
    }
    JS_SetOpaque(obj, r);
    if (JS_GetLength(ctx, argv[0], &n) < 0)
        goto fail;
    for (int64_t i = 0; i < n; i++) {
        JSValue entry = JS_GetPropertyInt64(ctx, argv[0], i);
        bool ok = !JS_IsException(entry) && add_layer(ctx, r, entry);
        JS_FreeValue(ctx, entry);
        if (!ok)
            goto fail;
    }
    return obj;
fail:
    JS_FreeValue(ctx, obj);
    return JS_EXCEPTION;
}

/* ---- finding ---- */

static bool same(const char *path, const char *text, size_t len, bool sensitive)
{
    if (sensitive)
        return !memcmp(path, text, len);
    for (size_t i = 0; i < len; i++) {
        if (wq_lower(path[i]) != text[i])
            return false;
    }
    return true;
}

enum { NO_MATCH, MATCH, ASK };

/* A layer of segments. values gets its parameters; those with escapes are for
 * JavaScript to decode, or to refuse. */
static int match_segments(const routes *r, const layer *l, wq_span path, wq_span *values)
{
    const text_at *texts = r->texts + l->first_text;
    size_t at = 0;
    bool escaped = false;
    for (int i = 0; i < l->n_texts; i++) {
        const char *end;
        if (path.len - at < texts[i].len || !same(path.at + at, r->text.at + texts[i].at, texts[i].len, l->flags & FLAG_SENSITIVE))
            return NO_MATCH;
        at += texts[i].len;
        if (i == l->n_names) /* the text after the last parameter */
            break;
        end = memchr(path.at + at, '/', path.len - at);
        if (!end)
            end = wq_span_end(path);
        values[i] = (wq_span){ path.at + at, end - path.at - at };
        if (!values[i].len)
            return NO_MATCH;
        escaped |= memchr(values[i].at, '%', values[i].len) != NULL;
        at += values[i].len;
    }
    if (at < path.len && (path.at[at] != '/' || (l->flags & FLAG_STRICT) || at + 1 < path.len))
        return NO_MATCH;
    return escaped ? ASK : MATCH;
}

static bool keep_params(JSContext *ctx, exchange *x, const routes *r, const layer *l, const wq_span *values)
{
    JSValue params = JS_UNDEFINED, old = x->values[VAL_PARAMS];
    if (l->n_names) {
        params = JS_NewObjectProto(ctx, JS_NULL);
        for (int i = 0; i < l->n_names; i++) {
            JSAtom name = JS_DupAtom(ctx, r->names[l->first_name + i]);
            if (!wq_http_put(ctx, params, name, JS_NewStringLen(ctx, values[i].at, values[i].len))) {
                JS_FreeValue(ctx, params);
                return false;
            }
        }
    }
    x->values[VAL_PARAMS] = params;
    JS_FreeValue(ctx, old);
    return true;
}

/* What is known of a request for matching. */
typedef struct {
    const char *text; /* of a URL that was set, to be freed */
    wq_span path;
    uint64_t methods; /* those that handle it; 0: all, since OPTIONS asks every route */
} query;

/* False when only JavaScript can match it: nothing to be freed then. */
static bool make_query(JSContext *ctx, const exchange *x, query *q)
{
    wq_span url = x->url;
    const char *end;
    int method = x->method;
    q->text = NULL;
    if (x->set & 1 << VAL_METHOD) {
        size_t len;
        const char *s = JS_IsString(x->values[VAL_METHOD]) ? JS_ToCStringLen(ctx, &len, x->values[VAL_METHOD]) : NULL;
        method = s ? method_number(s, len) : -1;
        JS_FreeCString(ctx, s);
        if (method < 0)
            return false;
    }
    if (x->set & 1 << VAL_URL) {
        if (!JS_IsString(x->values[VAL_URL]))
            return false;
        url.at = q->text = JS_ToCStringLen(ctx, &url.len, x->values[VAL_URL]);
        if (!q->text)
            return false;
    }
    end = memchr(url.at, '?', url.len);
    if (end)
        url.len = end - url.at;
    for (size_t i = 0; i < url.len || i == 0; i++) {
        if (!url.len || url.at[0] != '/' || url.at[i] & 0x80) {
            JS_FreeCString(ctx, q->text);
            return false;
        }
    }
    q->path = url;
    q->methods = method == HTTP_OPTIONS ? 0 : ALL_METHODS | 1ull << method | (method == HTTP_HEAD ? 1ull << HTTP_GET : 0);
    return true;
}

/* findRoute(routes, req, from, failed) -> twice the index of the first layer from
 * there on that matches, its parameters being in req.params; and one more when
 * JavaScript has to see whether it does. -1 past the last. With failed, routes
 * are passed over. */
static JSValue find_route(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    routes *r = JS_GetOpaque2(ctx, argv[0], routes_class);
    exchange *x = JS_GetOpaque(argv[1], wq_http_req_class);
    wq_span values[MAX_NAMES];
    uint32_t i;
    bool failed;
    int found = NO_MATCH;
    query q;
    if (!r || JS_ToUint32(ctx, &i, argv[2]))
        return JS_EXCEPTION;
    failed = JS_ToBool(ctx, argv[3]);
    if (!x || !make_query(ctx, x, &q)) {
        if (JS_HasException(ctx))
            return JS_EXCEPTION;
        return JS_NewInt32(ctx, i < r->n ? (int)(2 * i + 1) : -1);
    }
    for (; i < r->n; i++) {
        const layer *l = &r->layers[i];
        bool other = (l->flags & FLAG_ROUTE) && (failed || (q.methods && !(l->methods & q.methods)));
        if (other && failed)
            continue;
        if (l->kind == LAYER_ALL) {
            found = MATCH;
        } else if (l->kind == LAYER_SEGMENTS) {
            found = match_segments(r, l, q.path, values);
            if (found == MATCH && other)
                found = NO_MATCH;
            else if (found == MATCH && (l->flags & FLAG_ROUTE) && !q.methods)
                found = ASK;
        } else if (l->kind == LAYER_PREFIX) {
            const text_at *t = &r->texts[l->first_text];
            found = q.path.len >= t->len && same(q.path.at, r->text.at + t->at, t->len, l->flags & FLAG_SENSITIVE) ? ASK : NO_MATCH;
        } else {
            found = ASK;
        }
        if (found != NO_MATCH)
            break;
    }
    if (found == MATCH && !keep_params(ctx, x, r, &r->layers[i], values)) {
        JS_FreeCString(ctx, q.text);
        return JS_EXCEPTION;
    }
    JS_FreeCString(ctx, q.text);
    return JS_NewInt32(ctx, i < r->n ? (int)(2 * i + (found == ASK)) : -1);
}

/* installRouting(prototype): what routers keep of a request. */
static JSValue install_routing(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    if (JS_SetPropertyFunctionList(ctx, argv[0], wq_http_routing_props, wq_http_routing_props_len) < 0)
        return JS_EXCEPTION;
    return JS_UNDEFINED;
}

int wq_init_http_router(JSContext *ctx)
{
    JSRuntime *rt = JS_GetRuntime(ctx);
    JS_NewClassID(rt, &routes_class);
    return JS_NewClass(rt, routes_class, &class_def);
}

const JSCFunctionListEntry wq_http_router_funcs[] = {
    JS_CFUNC_DEF("routesNew", 1, routes_new),
    JS_CFUNC_DEF("findRoute", 4, find_route),
    JS_CFUNC_DEF("installRouting", 1, install_routing),
};
const int wq_http_router_funcs_len = countof(wq_http_router_funcs);
