/* Exchanges, and requests as JavaScript sees them: objects whose properties are
 * made when they are read. */
#include <string.h>
#include "http_server.h"

JSClassID wq_http_req_class, wq_http_res_class;

/* Which header lines matter to the server itself. */
static void look_at_fields(exchange *x)
{
    for (int i = 0; i < x->n_fields; i++) {
        wq_http_field *f = &x->fields[i];
        if (f->name.len != 6 || !wq_span_is(f->name, "expect") || x->minor == 0)
            continue;
        if (wq_span_is(f->value, "100-continue"))
            x->expects = x->has_body;
        else
            x->fail_status = 417;
    }
}

static const char *moved(const char *p, const char *from, const char *to) { return p ? to + (p - from) : NULL; }

exchange *exchange_new(wq_conn *c, const wq_http *r)
{
    size_t fields = sizeof(wq_http_field) * r->n_fields;
    size_t len = llhttp_get_error_pos(&r->parser) - r->start;
    exchange *x = js_malloc(c->s->ctx, sizeof(*x) + fields + len);
    char *copy;
    if (!x)
        return NULL;
    memset(x, 0, sizeof(*x));
    x->rc = 1;
    x->c = c;
    c->rc++;
    x->live = true;
    x->parser = r->parser;
    x->method = r->parser.method;
    x->minor = r->parser.http_minor;
    x->keep_alive = r->keep_alive;
    x->has_body = (r->parser.flags & F_CHUNKED) || r->content_length > 0;
    x->body_done = !x->has_body;
    x->fields = (wq_http_field *)(x + 1);
    x->n_fields = r->n_fields;
    copy = (char *)x->fields + fields;
    memcpy(copy, r->start, len);
    x->url = (wq_span){ moved(r->url.at, r->start, copy), r->url.len };
    for (int i = 0; i < r->n_fields; i++) {
        const wq_http_field *f = &r->fields[i];
        x->fields[i].name = (wq_span){ moved(f->name.at, r->start, copy), f->name.len };
        x->fields[i].value = (wq_span){ f->value.len ? moved(f->value.at, r->start, copy) : copy, f->value.len };
    }
    for (int i = 0; i < VALS; i++)
        x->values[i] = JS_UNDEFINED;
    x->req_events = x->res_events = x->req = x->res = x->resolve = x->reject = JS_UNDEFINED;
    x->message = x->drained = x->drained_resolve = JS_UNDEFINED;
    x->status = 200;
    x->length = -1;
    x->file = -1;
    x->deadline = c->s->tick + c->s->request_ticks;
    if (http_observing)
        x->started = http_now();
    if (x->has_body)
        body_begin(x);
    look_at_fields(x);
    return x;
}

void exchange_release(exchange *x)
{
    wq_conn *c = x->c;
    JSContext *ctx = c->s->ctx;
    if (--x->rc)
        return;
    response_close_file(x);
    js_free(ctx, x->trailer);
    js_free(ctx, x->body);
    js_free(ctx, x->hdr.at);
    js_free(ctx, x->headers);
    js_free(ctx, x->out_trailer.at);
    js_free(ctx, x->parts);
    js_free(ctx, x->part_text.at);
    js_free(ctx, x);
    conn_release(c);
}

void exchange_emit(exchange *x, JSValueConst events, const char *name)
{
    JSContext *ctx = x->c->s->ctx;
    JSValue arg;
    if (JS_IsUndefined(events))
        return;
    arg = JS_NewString(ctx, name);
    events = JS_DupValue(ctx, events);
    server_call(x->c->s, events, 1, &arg);
    JS_FreeValue(ctx, events);
    JS_FreeValue(ctx, arg);
}

void exchange_peer_gone(exchange *x)
{
    x->aborted = true;
    x->rc++;
    exchange_emit(x, x->req_events, "close");
    exchange_release(x);
}

void exchange_abort(exchange *x, int status, const char *code, const char *reason)
{
    bool first = !x->aborted;
    x->rc++;
    x->aborted = true;
    response_close_file(x);
    body_fail(x, status, code, reason);
    response_drained(x);
    if (first)
        exchange_emit(x, x->req_events, "close");
    exchange_emit(x, x->res_events, "close");
    exchange_release(x);
}

/* ---- the objects ---- */

int exchange_objects(exchange *x, JSValue *req, JSValue *res)
{
    server *s = x->c->s;
    JSContext *ctx = s->ctx;
    *req = JS_NewObjectProtoClass(ctx, s->req_proto, wq_http_req_class);
    *res = JS_NewObjectProtoClass(ctx, s->res_proto, wq_http_res_class);
    if (JS_IsException(*req) || JS_IsException(*res)) {
        JS_FreeValue(ctx, *req);
        JS_FreeValue(ctx, *res);
        *req = *res = JS_UNDEFINED;
        return -1;
    }
    JS_SetOpaque(*req, x);
    JS_SetOpaque(*res, x);
    x->rc += 2;
    x->req = JS_DupValue(ctx, *req); /* held by the response */
    x->res = *res;                   /* not held */
    return 0;
}

static void free_value(JSRuntime *rt, JSValue *v)
{
    JSValue old = *v;
    *v = JS_UNDEFINED;
    JS_FreeValueRT(rt, old);
}

/* The request's object owns the values of both. */
static void req_finalizer(JSRuntime *rt, JSValueConst v)
{
    exchange *x = JS_GetOpaque(v, wq_http_req_class);
    if (!x)
        return;
    for (int i = 0; i < VALS; i++)
        free_value(rt, &x->values[i]);
    free_value(rt, &x->req_events);
    free_value(rt, &x->resolve);
    free_value(rt, &x->reject);
    exchange_release(x);
}

static void req_mark(JSRuntime *rt, JSValueConst v, JS_MarkFunc *mark)
{
    exchange *x = JS_GetOpaque(v, wq_http_req_class);
    if (!x)
        return;
    for (int i = 0; i < VALS; i++)
        JS_MarkValue(rt, x->values[i], mark);
    JS_MarkValue(rt, x->req_events, mark);
    JS_MarkValue(rt, x->resolve, mark);
    JS_MarkValue(rt, x->reject, mark);
}

static void res_finalizer(JSRuntime *rt, JSValueConst v)
{
    exchange *x = JS_GetOpaque(v, wq_http_res_class);
    if (!x)
        return;
    x->res = JS_UNDEFINED;
    free_value(rt, &x->req);
    free_value(rt, &x->res_events);
    free_value(rt, &x->message);
    free_value(rt, &x->drained);
    free_value(rt, &x->drained_resolve);
    exchange_release(x);
}

static void res_mark(JSRuntime *rt, JSValueConst v, JS_MarkFunc *mark)
{
    exchange *x = JS_GetOpaque(v, wq_http_res_class);
    if (!x)
        return;
    JS_MarkValue(rt, x->req, mark);
    JS_MarkValue(rt, x->res_events, mark);
    JS_MarkValue(rt, x->message, mark);
    JS_MarkValue(rt, x->drained, mark);
    JS_MarkValue(rt, x->drained_resolve, mark);
}

static const JSClassDef req_class = { "IncomingMessage", .finalizer = req_finalizer, .gc_mark = req_mark };
static const JSClassDef res_class = { "ServerResponse", .finalizer = res_finalizer, .gc_mark = res_mark };

int wq_init_http_classes(JSContext *ctx)
{
    JSRuntime *rt = JS_GetRuntime(ctx);
    JS_NewClassID(rt, &wq_http_req_class);
    JS_NewClassID(rt, &wq_http_res_class);
    return JS_NewClass(rt, wq_http_req_class, &req_class) || JS_NewClass(rt, wq_http_res_class, &res_class);
}

/* ---- properties ---- */

static JSValue raw_headers(JSContext *ctx, exchange *x)
{
    JSValue arr = JS_NewArray(ctx);
    for (int i = 0; i < x->n_fields; i++) {
        JS_DefinePropertyValueUint32(ctx, arr, 2 * i, wq_http_text(ctx, x->fields[i].name, false), JS_PROP_C_W_E);
        JS_DefinePropertyValueUint32(ctx, arr, 2 * i + 1, wq_http_text(ctx, x->fields[i].value, false), JS_PROP_C_W_E);
    }
    return arr;
}

static JSValue trailers(JSContext *ctx, exchange *x)
{
    JSValue obj = JS_NewObjectProto(ctx, JS_NULL);
    wq_http_field *f;
    const char *p = x->trailer;
    if (!x->n_trailers || !x->body_done)
        return obj;
    f = js_malloc(ctx, sizeof(*f) * x->n_trailers);
    if (!f) {
        JS_FreeValue(ctx, obj);
        return JS_EXCEPTION;
    }
    for (uint32_t i = 0; i < x->n_trailers; i++) {
        f[i].name = (wq_span){ p, strlen(p) };
        p += f[i].name.len + 1;
        f[i].value = (wq_span){ p, strlen(p) };
        p += f[i].value.len + 1;
        f[i].atom = JS_ATOM_NULL;
    }
    obj = wq_http_fields(ctx, obj, f, x->n_trailers, false);
    js_free(ctx, f);
    return obj;
}

static JSValue make_value(JSContext *ctx, exchange *x, int which)
{
    wq_span path = x->url;
    const char *end = wq_span_end(x->url), *query;
    switch (which) {
    case VAL_METHOD:
        return JS_NewString(ctx, llhttp_method_name(x->method));
    case VAL_URL:
        return wq_http_text(ctx, x->url, false);
    case VAL_PATH:
        wq_http_split(&path);
        return wq_http_text(ctx, path, false);
    case VAL_QUERY:
        query = wq_http_split(&path);
        return wq_http_query(ctx, JS_NewObjectProto(ctx, JS_NULL), query ? query : end, end);
    case VAL_HEADERS:
        return wq_http_fields(ctx, JS_NewObjectProto(ctx, JS_NULL), x->fields, x->n_fields, false);
    case VAL_RAW_HEADERS:
        return raw_headers(ctx, x);
    case VAL_TRAILERS:
        return trailers(ctx, x);
    case VAL_PARAMS:
        return JS_NewObjectProto(ctx, JS_NULL);
    case VAL_ORIGINAL:
        return wq_http_text(ctx, x->url, false);
    }
    return JS_UNDEFINED;
}

static JSValue get_value(JSContext *ctx, JSValueConst this_val, int which)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_req_class);
    JSValue v;
    if (!x)
        return JS_EXCEPTION;
    if (JS_IsUndefined(x->values[which])) {
        v = make_value(ctx, x, which);
        if (JS_IsException(v) || (which == VAL_TRAILERS && !x->body_done))
            return v;
        x->values[which] = v;
    }
    return JS_DupValue(ctx, x->values[which]);
}

static JSValue set_value(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_req_class);
    JSValue old;
    if (!x)
        return JS_EXCEPTION;
    old = x->values[which];
    x->values[which] = JS_DupValue(ctx, v);
    x->set |= 1u << which;
    JS_FreeValue(ctx, old);
    return JS_UNDEFINED;
}

enum { GET_VERSION, GET_REMOTE, GET_REMOTE_PORT, GET_LOCAL, GET_LOCAL_PORT, GET_COMPLETE, GET_ABORTED, GET_RES, GET_ENCRYPTED };

static JSValue get_info(JSContext *ctx, JSValueConst this_val, int which)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_req_class);
    wq_addr a = { 0 };
    if (!x)
        return JS_EXCEPTION;
    switch (which) {
    case GET_VERSION:
        return JS_NewString(ctx, x->minor ? "1.1" : "1.0");
    case GET_REMOTE:
        return JS_NewStringLen(ctx, x->c->addr, x->c->addr_len);
    case GET_REMOTE_PORT:
        return JS_NewInt32(ctx, x->c->port);
    case GET_LOCAL:
    case GET_LOCAL_PORT:
        if (x->c->fd >= 0 && wq_getsockname(x->c->fd, &a) < 0)
            a.len = 0;
        return which == GET_LOCAL ? JS_NewStringLen(ctx, a.text, a.len < sizeof(a.text) ? a.len : sizeof(a.text))
                                  : JS_NewInt32(ctx, a.port);
    case GET_COMPLETE:
        return JS_NewBool(ctx, x->body_done);
    case GET_ABORTED:
        return JS_NewBool(ctx, x->aborted);
    case GET_RES:
        return JS_DupValue(ctx, x->res);
    case GET_ENCRYPTED:
        return JS_NewBool(ctx, x->c->secure);
    }
    return JS_UNDEFINED;
}

/* getHeader(name): one, without making all. */
static JSValue get_header(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_req_class);
    wq_http_field *found = NULL;
    const char *name;
    size_t len;
    JSValue all, v;
    JSAtom atom;
    int n = 0;
    if (!x || !(name = JS_ToCStringLen(ctx, &len, argv[0])))
        return JS_EXCEPTION;
    for (int i = 0; i < x->n_fields && JS_IsUndefined(x->values[VAL_HEADERS]); i++) {
        if (x->fields[i].name.len == len && wq_span_is(x->fields[i].name, name) && n++ == 0)
            found = &x->fields[i];
    }
    if (n == 1 && !wq_span_is(found->name, "set-cookie")) {
        v = wq_http_text(ctx, found->value, false);
    } else if (n == 0 && JS_IsUndefined(x->values[VAL_HEADERS])) {
        v = JS_UNDEFINED;
    } else {
        char *lower = js_malloc(ctx, len + 1);
        all = get_value(ctx, this_val, VAL_HEADERS);
        v = JS_EXCEPTION;
        if (lower && !JS_IsException(all)) {
            for (size_t i = 0; i < len; i++)
                lower[i] = wq_lower(name[i]);
            atom = JS_NewAtomLen(ctx, lower, len);
            v = JS_GetProperty(ctx, all, atom);
            JS_FreeAtom(ctx, atom);
        }
        js_free(ctx, lower);
        JS_FreeValue(ctx, all);
    }
    JS_FreeCString(ctx, name);
    return v;
}

static JSValue body_value(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return argc ? set_value(ctx, this_val, argv[0], VAL_BODY) : get_value(ctx, this_val, VAL_BODY);
}

/* events(func) on a request or a response: func(name) is called for each event;
 * without an argument: the function set before. */
static JSValue events(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque(this_val, wq_http_req_class);
    bool is_req = x != NULL;
    JSValue *slot, old;
    if (!x)
        x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    if (!x)
        return JS_EXCEPTION;
    slot = is_req ? &x->req_events : &x->res_events;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_DupValue(ctx, *slot);
    old = *slot;
    *slot = JS_DupValue(ctx, argv[0]);
    JS_FreeValue(ctx, old);
    return JS_UNDEFINED;
}

/* The fd of the TLS connection; -1 when it is closed, or has none. */
static JSValue secure_fd(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_req_class);
    if (!x)
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, x->c->secure ? x->c->fd : -1);
}

static JSValue destroy(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque(this_val, wq_http_req_class);
    if (!x)
        x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    if (!x)
        return JS_EXCEPTION;
    if (x->live)
        conn_close(x->c);
    return JS_DupValue(ctx, this_val);
}

const JSCFunctionListEntry wq_http_req_funcs[] = {
    JS_CGETSET_MAGIC_DEF("method", get_value, set_value, VAL_METHOD),
    JS_CGETSET_MAGIC_DEF("url", get_value, set_value, VAL_URL),
    JS_CGETSET_MAGIC_DEF("path", get_value, set_value, VAL_PATH),
    JS_CGETSET_MAGIC_DEF("query", get_value, set_value, VAL_QUERY),
    JS_CGETSET_MAGIC_DEF("headers", get_value, set_value, VAL_HEADERS),
    JS_CGETSET_MAGIC_DEF("rawHeaders", get_value, NULL, VAL_RAW_HEADERS),
    JS_CGETSET_MAGIC_DEF("trailers", get_value, NULL, VAL_TRAILERS),
    JS_CGETSET_MAGIC_DEF("httpVersion", get_info, NULL, GET_VERSION),
    JS_CGETSET_MAGIC_DEF("remoteAddress", get_info, NULL, GET_REMOTE),
    JS_CGETSET_MAGIC_DEF("remotePort", get_info, NULL, GET_REMOTE_PORT),
    JS_CGETSET_MAGIC_DEF("localAddress", get_info, NULL, GET_LOCAL),
    JS_CGETSET_MAGIC_DEF("localPort", get_info, NULL, GET_LOCAL_PORT),
    JS_CGETSET_MAGIC_DEF("complete", get_info, NULL, GET_COMPLETE),
    JS_CGETSET_MAGIC_DEF("aborted", get_info, NULL, GET_ABORTED),
    JS_CGETSET_MAGIC_DEF("res", get_info, NULL, GET_RES),
    JS_CGETSET_MAGIC_DEF("encrypted", get_info, NULL, GET_ENCRYPTED),
    JS_CFUNC_DEF("getHeader", 1, get_header),
};
const JSCFunctionListEntry wq_http_req_inner[] = {
    JS_CFUNC_DEF("bodyValue", 0, body_value),
    JS_CFUNC_DEF("events", 1, events),
    JS_CFUNC_DEF("destroy", 0, destroy),
    JS_CFUNC_DEF("secureFd", 0, secure_fd),
};
const int wq_http_req_inner_len = countof(wq_http_req_inner);
const int wq_http_req_funcs_len = countof(wq_http_req_funcs);

const JSCFunctionListEntry wq_http_routing_props[] = {
    JS_CGETSET_MAGIC_DEF("params", get_value, set_value, VAL_PARAMS),
    JS_CGETSET_MAGIC_DEF("route", get_value, set_value, VAL_ROUTE),
    JS_CGETSET_MAGIC_DEF("originalUrl", get_value, set_value, VAL_ORIGINAL),
    JS_CGETSET_MAGIC_DEF("_walk", get_value, set_value, VAL_WALK),
};
const int wq_http_routing_props_len = countof(wq_http_routing_props);
