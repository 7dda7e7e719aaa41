/* One HTTP/1.x request parsed out of a block of bytes (http_parse.c). */
#ifndef WQJS_HTTP_PARSE_H
#define WQJS_HTTP_PARSE_H
#include "llhttp.h"
#include "wqjs.h"

enum {
    WQ_HTTP_MAX_HEAD = 64 * 1024, /* request line and headers; again for the trailers */
    WQ_HTTP_MAX_URL = 16 * 1024,
    WQ_HTTP_MAX_FIELDS = 512, /* headers and trailers together */
    WQ_HTTP_MAX_CHUNK_EXT = 16 * 1024,
};

typedef struct {
    const char *at;
    size_t len;
} wq_span;

typedef struct {
    wq_span name, value;
    JSAtom atom; /* for who reads the fields */
} wq_http_field;

typedef struct {
    llhttp_t parser;
    JSContext *ctx;
    const char *data, *end;
    const char *start; /* of the request line, after empty lines */
    bool utf8;         /* whether the data was a string, for who reads the text */
    bool head_only;    /* stop after the headers */
    int max_fields;    /* headers and trailers; 0 is WQ_HTTP_MAX_FIELDS */
    size_t max_url;    /* 0 is WQ_HTTP_MAX_URL */
    bool head_done, done, keep_alive, upgrade, in_name;
    uint64_t content_length;
    wq_span url;
    wq_span body; /* in data, or in copy once a second chunk came */
    char *copy;
    size_t trailer_bytes, ext_bytes;
    bool oom; /* the engine's exception is pending */
    const char *code, *reason, *at; /* the failure, if code is set */
    int status;
    int n_headers, n_fields; /* fields[n_headers..] are trailers */
    wq_http_field fields[WQ_HTTP_MAX_FIELDS];
} wq_http;

static inline const char *wq_span_end(wq_span s) { return s.at + s.len; }
static inline char wq_lower(char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }
/* Whether s is name in any case. */
bool wq_span_is(wq_span s, const char *name);
/* Whether url is in absolute form; its authority, which the path follows. */
bool wq_http_absolute(wq_span url, wq_span *authority);

/* Cuts a target to its path ("/" if it has none) and gives where its query
 * starts, which ends with the target; NULL if there is none. */
const char *wq_http_split(wq_span *target);

/* Parses up to the end of the first request (done) or of the data. All of r up
 * to fields is 0 before, but ctx. 0, or -1 with the failure in code or in oom.
 * The spans point into data and copy, which the caller frees. */
int wq_http_parse(wq_http *r, const char *data, size_t len);

/* http_values.c: what was parsed as JavaScript values. */
/* Defines an own property, whatever its name; frees name and v. */
bool wq_http_put(JSContext *ctx, JSValueConst obj, JSAtom name, JSValue v);
JSValue wq_http_text(JSContext *ctx, wq_span s, bool utf8);
/* These fill obj, which they own, and give it back or an exception. */
JSValue wq_http_query(JSContext *ctx, JSValue obj, const char *p, const char *end);
JSValue wq_http_fields(JSContext *ctx, JSValue obj, wq_http_field *from, int n, bool utf8);

#endif
