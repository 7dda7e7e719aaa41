/* Header lines of a response: checked when they are set, and kept as they are
 * sent. */
#include <string.h>
#include <strings.h>
#include "http_server.h"

static const char token_chars[] = "!#$%&'*+-.^_`|~";

static bool is_token(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = wq_lower(p[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr(token_chars, c))))
            return false;
    }
    return len > 0;
}

/* Latin-1 of UTF-8, in place in the room of the UTF-8: the length; -1 for what a
 * value must not have (RFC 9110, 5.5). */
static int32_t to_latin1(char *out, const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = s[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f || c > 0xc3)
            return -1;
        if (c >= 0x80) /* c2 or c3: two bytes, for the engine writes no others */
            c = (uint8_t)(c << 6) | ((uint8_t)s[++i] & 0x3f);
        out[n++] = c;
    }
    return n;
}

char *text_room(JSContext *ctx, text_buf *b, uint32_t n)
{
    uint32_t need = b->len + n;
    if (need > b->cap) {
        uint32_t cap = need < 256 ? 256 : need * 2;
        char *p = js_realloc(ctx, b->at, cap);
        if (!p)
            return NULL;
        b->at = p;
        b->cap = cap;
    }
    return b->at + b->len;
}

int text_line(JSContext *ctx, text_buf *b, JSValueConst name, JSValueConst value, uint32_t *name_len)
{
    size_t nlen, vlen;
    const char *n = JS_ToCStringLen(ctx, &nlen, name), *v;
    int32_t len = -1;
    if (!n)
        return -1;
    v = JS_ToCStringLen(ctx, &vlen, value);
    if (v && !is_token(n, nlen)) {
        JS_ThrowTypeError(ctx, "the header name \"%s\" is not valid", n);
    } else if (v && (nlen + vlen > 64 * 1024 || b->len + nlen + vlen > 256 * 1024)) {
        JS_ThrowRangeError(ctx, "the header %s makes the headers longer than 256 KiB", n);
    } else if (v) {
        char *p = text_room(ctx, b, nlen + vlen + 4);
        if (p) {
            memcpy(p, n, nlen);
            memcpy(p + nlen, ": ", 2);
            len = to_latin1(p + nlen + 2, v, vlen);
            if (len < 0) {
                JS_ThrowTypeError(ctx, "the value of the header %s has a character that is not allowed", n);
            } else {
                len += nlen + 4;
                memcpy(p + len - 2, "\r\n", 2);
                b->len += len;
                *name_len = nlen;
            }
        }
    }
    JS_FreeCString(ctx, n);
    JS_FreeCString(ctx, v);
    return len;
}

static bool line_is(const exchange *x, const res_header *h, const char *name, size_t len)
{
    return h->len && h->name_len == len && !strncasecmp(x->hdr.at + h->at, name, len);
}

static void remove_header(exchange *x, const char *name, size_t len)
{
    for (uint32_t i = 0; i < x->n_headers; i++) {
        if (line_is(x, &x->headers[i], name, len))
            x->headers[i].len = 0;
    }
    if (len == 14 && !strncasecmp(name, "content-length", 14))
        x->length = -1;
    if (len == 17 && !strncasecmp(name, "transfer-encoding", 17))
        x->asks_chunked = false;
    if (len == 10 && !strncasecmp(name, "connection", 10))
        x->asks_close = false;
}

/* Lines that the server must know of. */
static bool note_header(JSContext *ctx, exchange *x, const res_header *h)
{
    const char *v = x->hdr.at + h->at + h->name_len + 2;
    size_t len = h->len - h->name_len - 4;
    if (line_is(x, h, "content-length", 14)) {
        int64_t n = 0;
        size_t i = 0;
        for (; i < len && i < 16 && v[i] >= '0' && v[i] <= '9'; i++)
            n = n * 10 + (v[i] - '0');
        if (i == 0 || i < len) {
            JS_ThrowTypeError(ctx, "Content-Length must be a number of bytes");
            return false;
        }
        x->length = n;
    } else if (line_is(x, h, "transfer-encoding", 17)) {
        if (!wq_span_is((wq_span){ v, len }, "chunked")) {
            JS_ThrowTypeError(ctx, "Transfer-Encoding can only be chunked");
            return false;
        }
        x->asks_chunked = true;
    } else if (line_is(x, h, "connection", 10)) {
        x->asks_close = wq_span_is((wq_span){ v, len }, "close");
    }
    return true;
}

/* Room for one more line. */
static bool lines_room(JSContext *ctx, exchange *x)
{
    uint32_t cap = x->headers_cap ? x->headers_cap * 2 : 8;
    res_header *h;
    if (x->n_headers < x->headers_cap)
        return true;
    if (cap > 4096) {
        JS_ThrowRangeError(ctx, "more than 4096 header lines");
        return false;
    }
    h = js_realloc(ctx, x->headers, cap * sizeof(*h));
    if (!h)
        return false;
    x->headers = h;
    x->headers_cap = cap;
    return true;
}

int header_add(JSContext *ctx, exchange *x, const char *name, const char *value, size_t len)
{
    size_t nlen = strlen(name);
    char *p = lines_room(ctx, x) ? text_room(ctx, &x->hdr, nlen + len + 4) : NULL;
    if (!p)
        return -1;
    memcpy(p, name, nlen);
    memcpy(p + nlen, ": ", 2);
    memcpy(p + nlen + 2, value, len);
    memcpy(p + nlen + 2 + len, "\r\n", 2);
    x->headers[x->n_headers++] = (res_header){ x->hdr.len, nlen, nlen + len + 4 };
    x->hdr.len += nlen + len + 4;
    return 0;
}

bool header_is_set(const exchange *x, const char *name)
{
    size_t len = strlen(name);
    for (uint32_t i = 0; i < x->n_headers; i++) {
        if (line_is(x, &x->headers[i], name, len))
            return true;
    }
    return false;
}

static int add_line(JSContext *ctx, exchange *x, JSValueConst name, JSValueConst value)
{
    res_header *h;
    uint32_t at = x->hdr.len, name_len;
    int32_t len;
    if (!lines_room(ctx, x))
        return -1;
    len = text_line(ctx, &x->hdr, name, value, &name_len);
    if (len < 0)
        return -1;
    h = &x->headers[x->n_headers];
    *h = (res_header){ at, name_len, len };
    if (!note_header(ctx, x, h)) {
        x->hdr.len = at;
        return -1;
    }
    x->n_headers++;
    return 0;
}

/* Several values at most in an array. */
static int add_lines(JSContext *ctx, exchange *x, JSValueConst name, JSValueConst value)
{
    int64_t n;
    if (!JS_IsArray(value))
        return add_line(ctx, x, name, value);
    if (JS_GetLength(ctx, value, &n) < 0)
        return -1;
    for (int64_t i = 0; i < n; i++) {
        JSValue v = JS_GetPropertyInt64(ctx, value, i);
        int r = JS_IsException(v) ? -1 : add_line(ctx, x, name, v);
        JS_FreeValue(ctx, v);
        if (r < 0)
            return -1;
    }
    return 0;
}

static exchange *open_head(JSContext *ctx, JSValueConst this_val)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    if (x && x->head_sent) {
        JS_ThrowTypeError(ctx, "the headers were sent already");
        return NULL;
    }
    return x;
}

enum { SET, APPEND };

static JSValue set_header(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int append)
{
    exchange *x = open_head(ctx, this_val);
    const char *name;
    size_t len;
    uint32_t had, at;
    if (!x)
        return JS_EXCEPTION;
    if (JS_IsUndefined(argv[1]) || JS_IsSymbol(argv[0]) || !JS_IsString(argv[0]))
        return JS_ThrowTypeError(ctx, "a header needs a name and a value");
    had = x->n_headers;
    at = x->hdr.len;
    if (add_lines(ctx, x, argv[0], argv[1]) < 0) {
        x->n_headers = had;
        x->hdr.len = at;
        return JS_EXCEPTION;
    }
    if (!append && had) { /* what was set before goes, now that the new is good */
        uint32_t n = x->n_headers;
        int64_t length = x->length;
        bool chunked = x->asks_chunked, close = x->asks_close;
        name = JS_ToCStringLen(ctx, &len, argv[0]);
        if (!name)
            return JS_EXCEPTION;
        x->n_headers = had;
        remove_header(x, name, len);
        x->n_headers = n;
        x->length = length;
        x->asks_chunked = chunked;
        x->asks_close = close;
        JS_FreeCString(ctx, name);
    }
    return JS_DupValue(ctx, this_val);
}

static JSValue remove_header_fn(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = open_head(ctx, this_val);
    const char *name;
    size_t len;
    if (!x || !(name = JS_ToCStringLen(ctx, &len, argv[0])))
        return JS_EXCEPTION;
    remove_header(x, name, len);
    JS_FreeCString(ctx, name);
    return JS_UNDEFINED;
}

static JSValue value_of(JSContext *ctx, const exchange *x, const res_header *h)
{
    return wq_http_text(ctx, (wq_span){ x->hdr.at + h->at + h->name_len + 2, h->len - h->name_len - 4 }, false);
}

enum { GET, HAS };

static JSValue get_header(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int has)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    const char *name;
    size_t len;
    JSValue v = JS_UNDEFINED, arr;
    uint32_t n = 0;
    if (!x || !(name = JS_ToCStringLen(ctx, &len, argv[0])))
        return JS_EXCEPTION;
    for (uint32_t i = 0; i < x->n_headers; i++) {
        if (!line_is(x, &x->headers[i], name, len) || (n++ && has))
            continue;
        if (n == 1) {
            v = value_of(ctx, x, &x->headers[i]);
        } else {
            if (n == 2) {
                arr = JS_NewArray(ctx);
                JS_DefinePropertyValueUint32(ctx, arr, 0, v, JS_PROP_C_W_E);
                v = arr;
            }
            JS_DefinePropertyValueUint32(ctx, v, n - 1, value_of(ctx, x, &x->headers[i]), JS_PROP_C_W_E);
        }
    }
    JS_FreeCString(ctx, name);
    if (!has)
        return v;
    JS_FreeValue(ctx, v);
    return JS_NewBool(ctx, n > 0);
}

/* Names in lower case, each once. */
static JSValue header_names(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = JS_GetOpaque2(ctx, this_val, wq_http_res_class);
    JSValue arr;
    uint32_t n = 0;
    char *lower;
    if (!x)
        return JS_EXCEPTION;
    arr = JS_NewArray(ctx);
    lower = js_malloc(ctx, x->hdr.len + 1);
    for (uint32_t i = 0; lower && i < x->n_headers; i++) {
        res_header *h = &x->headers[i];
        bool known = h->len == 0;
        for (uint32_t k = 0; k < i && !known; k++)
            known = line_is(x, &x->headers[k], x->hdr.at + h->at, h->name_len);
        if (known)
            continue;
        for (uint32_t k = 0; k < h->name_len; k++)
            lower[k] = wq_lower(x->hdr.at[h->at + k]);
        JS_DefinePropertyValueUint32(ctx, arr, n++, JS_NewStringLen(ctx, lower, h->name_len), JS_PROP_C_W_E);
    }
    js_free(ctx, lower);
    return arr;
}

const JSCFunctionListEntry wq_http_header_funcs[] = {
    JS_CFUNC_MAGIC_DEF("setHeader", 2, set_header, SET),
    JS_CFUNC_MAGIC_DEF("appendHeader", 2, set_header, APPEND),
    JS_CFUNC_MAGIC_DEF("getHeader", 1, get_header, GET),
    JS_CFUNC_MAGIC_DEF("hasHeader", 1, get_header, HAS),
    JS_CFUNC_DEF("removeHeader", 1, remove_header_fn),
    JS_CFUNC_DEF("getHeaderNames", 0, header_names),
};
const int wq_http_header_funcs_len = countof(wq_http_header_funcs);
