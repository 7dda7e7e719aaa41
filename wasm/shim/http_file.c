/* Responses that are files, or pieces of one: the bytes go from the file to the
 * socket without becoming JavaScript values. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "http_server.h"
#include "sockets.h"

#define MAX_PARTS 16384        /* as many ranges as the longest head names */
#define MAX_PART_TEXT (16 * 1024)

static uint8_t block[128 * 1024];

void response_close_file(exchange *x)
{
    if (x->file >= 0 && x->own_file)
        close(x->file);
    x->file = -1;
}

/* Goes to the next piece; false when there is none, or no memory. */
static bool next_part(exchange *x)
{
    const file_part *p = &x->parts[x->part];
    if (x->part == x->n_parts || !response_text(x, x->part_text.at + p->text, p->text_len))
        return false;
    x->part++;
    x->written += p->text_len;
    x->file_at = p->at;
    x->file_left = p->len;
    return true;
}

bool response_continue(exchange *x)
{
    wq_conn *c = x->c;
    while ((x->file_left > 0 && x->burst < BURST) || (x->file_left == 0 && next_part(x))) {
        int32_t want = x->file_left < (int64_t)sizeof(block) ? x->file_left : (int64_t)sizeof(block), sent;
        ssize_t n;
        if (!want)
            continue;
        if (!conn_flush(c))
            return false;
        if (c->full)
            return true;
        n = pread(x->file, block, want, x->file_at);
        if (n <= 0) { /* shorter than it was: the peer sees it by the closing */
            conn_close(c);
            return false;
        }
        x->file_at += n;
        x->file_left -= n;
        x->burst += n;
        x->written += n;
        c->queued += n;
        sent = wq_send(c->fd, block, n, 0x40);
        if (sent == -EAGAIN) {
            c->full = true;
            sent = 0;
        }
        if (sent < 0) {
            conn_close(c);
            return false;
        }
        c->sent += sent;
        c->since_send += sent;
        if (sent < n) {
            uint8_t *p = conn_room(c, n - sent);
            if (!p)
                return false;
            memcpy(p, block + sent, n - sent);
            c->out_len += n - sent;
        }
    }
    if (c->fd < 0)
        return false;
    if (x->file_left > 0) {
        conn_later(c);
        return c->fd >= 0;
    }
    response_close_file(x);
    x->end_mark = c->queued;
    return true;
}

/* The fd of a regular file, opened if it is a path; -1: thrown. */
static int open_file(JSContext *ctx, JSValueConst file, bool *own, int64_t *size)
{
    const char *path = NULL;
    const char *op = "fstat";
    struct stat st;
    int fd, err = 0;
    *own = JS_IsString(file);
    if (*own) {
        path = JS_ToCString(ctx, file);
        if (!path)
            return -1;
        op = "open";
        fd = open(path, O_RDONLY);
    } else if (JS_ToInt32(ctx, &fd, file)) {
        return -1;
    }
    if (fd < 0 || fstat(fd, &st) < 0) {
        err = *own || fd >= 0 ? errno : EBADF;
    } else if (!S_ISREG(st.st_mode)) {
        err = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        op = "read";
    }
    if (err) {
        if (*own && fd >= 0)
            close(fd);
        JS_FreeValue(ctx, wq_throw_errno(ctx, -err, op, *op == 'o' ? path : NULL, -1));
        fd = -1;
    } else {
        *size = st.st_size;
    }
    JS_FreeCString(ctx, path);
    return fd;
}

/* Sends the head for len bytes that begin with a piece of the file, which is
 * closed if there is nothing to send or something is wrong. */
static bool begin_file(JSContext *ctx, exchange *x, int fd, bool own, int64_t at, int64_t piece, int64_t len)
{
    bool ok = x->live && response_fits(ctx, x, len, true) && response_head(ctx, x, len);
    if (ok && x->chunked && len) {
        JS_ThrowTypeError(ctx, "a file cannot be sent in chunks: remove Transfer-Encoding");
        ok = false;
    } else if (ok && (x->no_body || len == 0)) {
        ok = false;
        response_finish(x);
    }
    if (!ok) {
        if (own)
            close(fd);
        if (JS_HasException(ctx))
            return false;
        x->ended = true;
        return true;
    }
    x->file = fd;
    x->own_file = own;
    x->file_at = at;
    x->file_left = piece;
    x->ended = true;
    x->end_mark = UINT64_MAX;
    conn_touch(x->c);
    return true;
}

static bool in_file(JSContext *ctx, double start, double end, int64_t size)
{
    if (start >= 0 && start <= end && end <= size)
        return true;
    JS_ThrowRangeError(ctx, "the range [%.0f, %.0f) is outside of the file's %lld bytes", start, end, (long long)size);
    return false;
}

/* sendFile(path or fd, start, end): end -1 is that of the file. */
static JSValue send_file(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = response_open(ctx, this_val);
    int fd;
    bool own;
    double start, end;
    int64_t size, len;
    if (!x || JS_ToFloat64(ctx, &start, argv[1]) || JS_ToFloat64(ctx, &end, argv[2]))
        return JS_EXCEPTION;
    if (x->head_sent)
        return JS_ThrowTypeError(ctx, "the headers were sent already");
    fd = open_file(ctx, argv[0], &own, &size);
    if (fd < 0)
        return JS_EXCEPTION;
    if (end < 0)
        end = size;
    if (!in_file(ctx, start, end, size)) {
        if (own)
            close(fd);
        return JS_EXCEPTION;
    }
    len = (int64_t)end - (int64_t)start;
    return begin_file(ctx, x, fd, own, start, len, len) ? JS_DupValue(ctx, this_val) : JS_EXCEPTION;
}

/* Adds piece i of flat [text, start, end, ...]. */
static bool add_part(JSContext *ctx, file_part *part, text_buf *texts, JSValueConst flat, uint32_t i, int64_t size)
{
    JSValue text = JS_GetPropertyUint32(ctx, flat, 3 * i), start = JS_GetPropertyUint32(ctx, flat, 3 * i + 1),
            end = JS_GetPropertyUint32(ctx, flat, 3 * i + 2);
    double from, to;
    size_t len;
    const char *s = NULL;
    bool ok = !JS_ToFloat64(ctx, &from, start) && !JS_ToFloat64(ctx, &to, end) && in_file(ctx, from, to, size) &&
              (s = JS_ToCStringLen(ctx, &len, text)) != NULL;
    if (ok) {
        char *at = len <= MAX_PART_TEXT ? text_room(ctx, texts, len) : NULL;
        if (at) {
            *part = (file_part){ from, (int64_t)to - (int64_t)from, texts->len, len };
            memcpy(at, s, len);
            texts->len += len;
        } else if (len > MAX_PART_TEXT) {
            JS_ThrowRangeError(ctx, "the text of a part is longer than %d bytes", MAX_PART_TEXT);
        }
        ok = at != NULL;
    }
    JS_FreeCString(ctx, s);
    JS_FreeValue(ctx, text);
    JS_FreeValue(ctx, start);
    JS_FreeValue(ctx, end);
    return ok;
}

/* sendParts(path or fd, [text, start, end, ...]): pieces of a file, each after its text.
 * Starts and ends may be objects, whose code may use the response, too. */
static JSValue send_parts(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    exchange *x = response_open(ctx, this_val);
    file_part *parts;
    text_buf texts = { 0 };
    int64_t n, size, len = 0;
    bool own, ok;
    int fd;
    if (!x || JS_GetLength(ctx, argv[1], &n) < 0)
        return JS_EXCEPTION;
    if (n / 3 > MAX_PARTS)
        return JS_ThrowRangeError(ctx, "more than %d parts", MAX_PARTS);
    fd = open_file(ctx, argv[0], &own, &size);
    if (fd < 0)
        return JS_EXCEPTION;
    parts = js_malloc(ctx, sizeof(*parts) * (n / 3 + 1));
    ok = parts != NULL;
    for (uint32_t i = 0; ok && i < n / 3; i++) {
        ok = add_part(ctx, &parts[i], &texts, argv[1], i, size);
        if (ok)
            len += parts[i].len + parts[i].text_len;
    }
    ok = ok && response_open(ctx, this_val);
    if (ok && x->head_sent) {
        JS_ThrowTypeError(ctx, "the headers were sent already");
        ok = false;
    }
    if (!ok) {
        if (own)
            close(fd);
        js_free(ctx, parts);
        js_free(ctx, texts.at);
        return JS_EXCEPTION;
    }
    js_free(ctx, x->parts); /* of a call that failed */
    js_free(ctx, x->part_text.at);
    x->parts = parts;
    x->part_text = texts;
    x->part = 0;
    x->n_parts = n / 3;
    return begin_file(ctx, x, fd, own, 0, 0, len) ? JS_DupValue(ctx, this_val) : JS_EXCEPTION;
}

/* For the library. */
const JSCFunctionListEntry wq_http_file_inner[] = {
    JS_CFUNC_DEF("sendFile", 3, send_file),
    JS_CFUNC_DEF("sendParts", 2, send_parts),
};
const int wq_http_file_inner_len = countof(wq_http_file_inner);
