/* Parsing of one HTTP/1.x request over llhttp in its strict mode. What llhttp
 * lets through and a server must not (RFC 9112) is refused here.
 *
 * The data is one block of memory, so what is parsed stays a span of it. */
#include <string.h>
#include <strings.h>
#include "http_parse.h"

#define MAX_SAFE_INTEGER ((1ull << 53) - 1)

static int fail(wq_http *r, int status, const char *code, const char *reason, const char *at)
{
    r->status = status;
    r->code = code;
    r->reason = reason;
    r->at = at;
    return -1;
}

/* llhttp gives a span in two pieces where one call ended and the next began. */
static void grow(wq_span *s, const char *at, size_t len)
{
    if (!s->at)
        s->at = at;
    s->len = at + len - s->at;
}

bool wq_span_is(wq_span s, const char *name)
{
    return s.len == strlen(name) && !strncasecmp(s.at, name, s.len);
}

/* ---- request line ---- */

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (wq_lower(c) >= 'a' && wq_lower(c) <= 'z');
}

/* The first byte that is neither alphanumeric nor in more. */
static const char *skip(const char *p, const char *end, const char *more)
{
    while (p < end && (is_alnum(*p) || (*p && strchr(more, *p))))
        p++;
    return p;
}

/* uri-host [":" port] of RFC 3986, without the comma of merged headers. */
static bool valid_authority(wq_span s, bool need_port)
{
    const char *p = s.at, *end = wq_span_end(s), *port;
    if (p < end && *p == '[') {
        p = skip(p + 1, end, ":.%-_~");
        if (p == end || *p++ != ']' || p - s.at < 4)
            return false;
    } else {
        p = skip(p, end, "-._~%!$&'()*+;=");
    }
    if (p == end)
        return !need_port;
    port = p + 1;
    if (p == s.at || *p != ':' || end - port > 5 || (need_port && port == end))
        return false;
    while (port < end && *port >= '0' && *port <= '9')
        port++;
    return port == end;
}

bool wq_http_absolute(wq_span url, wq_span *authority)
{
    const char *p = memchr(url.at, ':', url.len), *end = wq_span_end(url);
    if (url.at[0] == '/' || !p || end - p < 3 || p[1] != '/' || p[2] != '/')
        return false;
    authority->at = p += 3;
    while (p < end && *p != '/' && *p != '?')
        p++;
    authority->len = p - authority->at;
    return true;
}

const char *wq_http_split(wq_span *target)
{
    wq_span authority;
    const char *end = wq_span_end(*target), *query;
    if (wq_http_absolute(*target, &authority))
        *target = (wq_span){ wq_span_end(authority), end - wq_span_end(authority) };
    query = memchr(target->at, '?', target->len);
    if (query)
        target->len = query++ - target->at;
    if (!target->len)
        *target = (wq_span){ "/", 1 };
    return query;
}

static const char *refuse_target(wq_span url, uint8_t method)
{
    wq_span authority;
    if (memchr(url.at, '#', url.len))
        return "Fragment in url";
    if (method == HTTP_CONNECT)
        return valid_authority(url, true) ? NULL : "CONNECT needs host:port";
    if (url.at[0] == '*') {
        bool whole = method == HTTP_OPTIONS || method == HTTP_MSEARCH || method == HTTP_NOTIFY;
        return whole && url.len == 1 ? NULL : "Unexpected * in url";
    }
    if (wq_http_absolute(url, &authority) && !(authority.len && valid_authority(authority, false)))
        return "Invalid authority in url";
    return NULL;
}

static int on_url(llhttp_t *p, const char *at, size_t len)
{
    wq_http *r = p->data;
    grow(&r->url, at, len);
    if (r->url.len > r->max_url)
        return fail(r, 414, "HPE_HEADER_OVERFLOW", "Url is longer than 16 KiB", r->url.at + r->max_url);
    return 0;
}

static int on_url_complete(llhttp_t *p)
{
    wq_http *r = p->data;
    const char *end = wq_span_end(r->url), *want = r->start + strlen(llhttp_method_name(p->method)) + 1;
    const char *reason = refuse_target(r->url, p->method);
    if (p->method == HTTP_PRI)
        return fail(r, 505, "HPE_PAUSED_H2_UPGRADE", "HTTP/2 is not supported", r->start);
    if (r->url.at != want)
        return fail(r, 400, "HPE_UNEXPECTED_SPACE", "More than one space after method", want);
    if (reason)
        return fail(r, 400, "HPE_INVALID_URL", reason, r->url.at);
    if (*end != ' ') /* llhttp takes a line without a version for HTTP/0.9 */
        return fail(r, 400, "HPE_INVALID_VERSION", "Missing HTTP version", end);
    return 0;
}

static int on_version_complete(llhttp_t *p)
{
    wq_http *r = p->data;
    const char *at = wq_span_end(r->url) + 1;
    if (*at == ' ')
        return fail(r, 400, "HPE_UNEXPECTED_SPACE", "More than one space after url", at);
    if (memcmp(at, "HTTP/", 5)) /* RTSP/ or ICE/ */
        return fail(r, 400, "HPE_INVALID_CONSTANT", "Expected HTTP/", at);
    if (p->http_major != 1)
        return fail(r, 505, "HPE_INVALID_VERSION", "Invalid HTTP version", at + 5);
    return 0;
}

/* ---- headers ---- */

static int count_trailer(wq_http *r, const char *at, size_t len)
{
    if (r->head_done && (r->trailer_bytes += len) > WQ_HTTP_MAX_HEAD)
        return fail(r, 431, "HPE_HEADER_OVERFLOW", "Trailers are longer than 64 KiB", at);
    return 0;
}

static int on_header_field(llhttp_t *p, const char *at, size_t len)
{
    wq_http *r = p->data;
    if (!r->in_name) {
        if (r->n_fields == r->max_fields)
            return fail(r, 431, "HPE_HEADER_OVERFLOW", "More than 512 headers", at);
        r->fields[r->n_fields++] = (wq_http_field){ 0 };
        r->in_name = true;
    }
    grow(&r->fields[r->n_fields - 1].name, at, len);
    return count_trailer(r, at, len);
}

static int on_header_field_complete(llhttp_t *p)
{
    ((wq_http *)p->data)->in_name = false;
    return 0;
}

static int on_header_value(llhttp_t *p, const char *at, size_t len)
{
    wq_http *r = p->data;
    grow(&r->fields[r->n_fields - 1].value, at, len);
    return count_trailer(r, at, len);
}

static int on_header_value_complete(llhttp_t *p)
{
    wq_http *r = p->data;
    wq_span *v = &r->fields[r->n_fields - 1].value;
    while (v->len && (v->at[v->len - 1] == ' ' || v->at[v->len - 1] == '\t'))
        v->len--;
    return 0;
}

/* llhttp itself refuses an encoding that does not end in chunked, more than
 * one Content-Length, and both together. */
static int on_headers_complete(llhttp_t *p)
{
    wq_http *r = p->data;
    int hosts = 0, encodings = 0;
    for (int i = 0; i < r->n_fields; i++) {
        wq_span name = r->fields[i].name, value = r->fields[i].value;
        if (wq_span_is(name, "host")) {
            if (hosts++)
                return fail(r, 400, "HPE_INVALID_HOST", "Duplicate Host", name.at);
            if (!valid_authority(value, false))
                return fail(r, 400, "HPE_INVALID_HOST", "Invalid Host", value.at);
        } else if (wq_span_is(name, "transfer-encoding")) {
            if (p->http_minor == 0)
                return fail(r, 400, "HPE_INVALID_TRANSFER_ENCODING", "Transfer-Encoding in HTTP/1.0", name.at);
            if ((p->flags & F_CHUNKED) && (encodings++ || !wq_span_is(value, "chunked")))
                return fail(r, 501, "HPE_INVALID_TRANSFER_ENCODING", "Unknown Transfer-Encoding", value.at);
        }
    }
    if (!hosts && p->http_minor == 1)
        return fail(r, 400, "HPE_INVALID_HOST", "Missing Host", r->start);
    if (p->method == HTTP_CONNECT && (p->content_length || (p->flags & F_TRANSFER_ENCODING)))
        return fail(r, 400, "HPE_UNEXPECTED_CONTENT_LENGTH", "CONNECT has no body", r->start);
    if (p->content_length > MAX_SAFE_INTEGER)
        return fail(r, 413, "HPE_INVALID_CONTENT_LENGTH", "Content-Length overflow", r->start);
    r->n_headers = r->n_fields;
    r->head_done = true;
    r->content_length = p->content_length;
    r->keep_alive = llhttp_should_keep_alive(p);
    /* RFC 9110, 7.8: Upgrade in HTTP/1.0 is to be ignored. */
    r->upgrade = p->upgrade && (p->http_minor == 1 || p->method == HTTP_CONNECT);
    return r->head_only ? HPE_PAUSED : 0;
}

/* ---- body ---- */

static int on_chunk_header(llhttp_t *p)
{
    wq_http *r = p->data;
    if (p->content_length > MAX_SAFE_INTEGER)
        return fail(r, 413, "HPE_INVALID_CHUNK_SIZE", "Chunk size overflow", r->start);
    return 0;
}

static int on_chunk_extension(llhttp_t *p, const char *at, size_t len)
{
    wq_http *r = p->data;
    if ((r->ext_bytes += len) > WQ_HTTP_MAX_CHUNK_EXT)
        return fail(r, 413, "HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions are longer than 16 KiB", at);
    return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t len)
{
    wq_http *r = p->data;
    if (!r->copy) {
        if (!r->body.at || at == wq_span_end(r->body)) {
            grow(&r->body, at, len);
            return 0;
        }
        r->copy = js_malloc(r->ctx, r->body.len + (r->end - at));
        if (!r->copy) {
            r->oom = true;
            return -1;
        }
        memcpy(r->copy, r->body.at, r->body.len);
        r->body.at = r->copy;
    }
    memcpy(r->copy + r->body.len, at, len);
    r->body.len += len;
    return 0;
}

static int on_message_complete(llhttp_t *p)
{
    ((wq_http *)p->data)->done = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_version_complete = on_version_complete,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* RFC 9112, 2.2: empty lines before a request are skipped. llhttp would take
 * any mix of CR and LF. */
static int skip_empty_lines(wq_http *r)
{
    const char *p = r->data;
    for (; p < r->end && (*p == '\r' || *p == '\n'); p++) {
        if (*p == '\n')
            return fail(r, 400, "HPE_CR_EXPECTED", "Missing expected CR before LF", p);
        if (++p == r->end)
            break;
        if (*p != '\n')
            return fail(r, 400, "HPE_LF_EXPECTED", "Missing expected LF after CR", p);
    }
    r->start = p;
    return 0;
}

static int fail_llhttp(wq_http *r, llhttp_errno_t err)
{
    const char *reason = llhttp_get_error_reason(&r->parser), *p = r->start;
    int status = 400;
    if (r->code || r->oom)
        return -1;
    if (err == HPE_INVALID_VERSION && !strcmp(reason, "Invalid HTTP version"))
        status = 505;
    if (err == HPE_INVALID_METHOD) {
        p = skip(p, r->end, "!#$%&'*+-.^_`|~");
        if (p > r->start && (p == r->end || *p == ' ')) /* a method, but none of HTTP's */
            status = 501;
    }
    return fail(r, status, llhttp_errno_name(err), reason, llhttp_get_error_pos(&r->parser));
}

enum { BODY_PART = 256 * 1024 };

int wq_http_parse(wq_http *r, const char *data, size_t len)
{
    /* The headers must end within the limit: llhttp is not shown more until they do. */
    const char *head_end = data + (len > WQ_HTTP_MAX_HEAD ? WQ_HTTP_MAX_HEAD : len);
    llhttp_errno_t err = HPE_OK;
    r->data = data;
    r->end = data + len;
    if (!r->max_url)
        r->max_url = WQ_HTTP_MAX_URL;
    if (!r->max_fields)
        r->max_fields = WQ_HTTP_MAX_FIELDS;
    if (skip_empty_lines(r))
        return -1;
    llhttp_init(&r->parser, HTTP_REQUEST, &settings);
    r->parser.data = r;
    if (r->start < head_end)
        err = llhttp_execute(&r->parser, r->start, head_end - r->start);
    if (err == HPE_OK && head_end < r->end) {
        if (!r->head_done)
            return fail(r, 431, "HPE_HEADER_OVERFLOW", "Headers are longer than 64 KiB", head_end);
        /* in parts: millions of chunks take long */
        for (const char *p = head_end; err == HPE_OK && p < r->end;) {
            size_t n = r->end - p > BODY_PART ? BODY_PART : r->end - p;
            if (p > head_end && wq_tick())
                return fail(r, 503, "HPE_USER", "Interrupted", p);
            err = llhttp_execute(&r->parser, p, n);
            p += n;
        }
    }
    return err == HPE_OK || r->done || (r->head_only && r->head_done) ? 0 : fail_llhttp(r, err);
}
