/* WebSocket frames (RFC 6455, section 5) for wqjs:ws: a parser that takes bytes
 * as they come and gives messages, and the making of frames. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "wqjs.h"

enum { OP_CONT = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };
enum { FIN = 0x80, RSV1 = 0x40, RSV = 0x70, OPCODE = 0x0f, MASKED = 0x80 };
enum { PROTOCOL_ERROR = 1002, NO_STATUS = 1005, BAD_DATA = 1007, TOO_BIG = 1009 };
enum { HEAD_MAX = 14, CONTROL_MAX = 125, REASON_MAX = 123 };

/* A UTF-8 sequence under way: how many bytes are missing, and what the next may be. */
typedef struct {
    uint8_t need, lo, hi;
} utf8;

typedef struct {
    /* what feed brought; all before at is done */
    uint8_t *in;
    size_t in_len, at;
    /* the frame under way */
    uint8_t head[HEAD_MAX], mask[4], control[CONTROL_MAX];
    uint32_t head_len, head_need, control_len;
    uint32_t phase; /* of the mask */
    uint64_t left;  /* payload to come */
    bool in_payload;
    /* the message under way */
    uint8_t *msg;
    size_t msg_len, msg_cap, max;
    int32_t msg_op; /* 0: none */
    bool compressed;
    utf8 text;
    /* options */
    bool masked, deflate;
    /* what ended it */
    bool closed;
    int32_t error;
    const char *reason;
} parser;

static JSClassID parser_class;

static void finalizer(JSRuntime *rt, JSValueConst v)
{
    parser *p = JS_GetOpaque(v, parser_class);
    if (!p)
        return;
    js_free_rt(rt, p->in);
    js_free_rt(rt, p->msg);
    js_free_rt(rt, p);
}

static const JSClassDef class_def = { "WebSocketParser", .finalizer = finalizer };

/* ---- bytes ---- */

static bool utf8_push(utf8 *u, const uint8_t *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t c = s[i];
        if (u->need) {
            if (c < u->lo || c > u->hi)
                return false;
            u->lo = 0x80;
            u->hi = 0xbf;
            u->need--;
        } else if (c < 0x80) {
            uint64_t w;
            while (i + 9 <= n && (memcpy(&w, s + i + 1, 8), !(w & 0x8080808080808080)))
                i += 8;
        } else {
            if (c < 0xc2 || c > 0xf4)
                return false;
            u->need = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
            u->lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
            u->hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        }
    }
    return true;
}

static bool utf8_valid(const uint8_t *s, size_t n)
{
    utf8 u = { 0 };
    return utf8_push(&u, s, n) && !u.need;
}

/* Copies n bytes and masks them, the first being byte number phase of the payload. */
static void mask_copy(uint8_t *to, const uint8_t *from, size_t n, const uint8_t mask[4], uint32_t phase)
{
    uint8_t m[8];
    uint64_t w, k;
    size_t i = 0;
    for (int j = 0; j < 8; j++)
        m[j] = mask[(phase + j) & 3];
    memcpy(&k, m, 8);
    for (; i + 8 <= n; i += 8) {
        memcpy(&w, from + i, 8);
        w ^= k;
        memcpy(to + i, &w, 8);
    }
    for (; i < n; i++)
        to[i] = from[i] ^ m[i & 7];
}

/* ---- parsing ---- */

static bool fail(parser *p, int32_t code, const char *reason)
{
    p->error = code;
    p->reason = reason;
    return false;
}

/* RFC 6455, 7.4: what may stand in a close frame. */
static bool code_valid(int32_t code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != NO_STATUS && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

/* The first two bytes of a frame. */
static bool check_start(parser *p)
{
    uint8_t b0 = p->head[0], b1 = p->head[1], op = b0 & OPCODE, len = b1 & ~MASKED;
    bool control = op & 8, rsv1 = b0 & RSV1;
    if ((b0 & RSV & ~RSV1) || (rsv1 && (!p->deflate || control || op == OP_CONT)))
        return fail(p, PROTOCOL_ERROR, "a reserved bit is set");
    if ((op > OP_BINARY && op < OP_CLOSE) || op > OP_PONG)
        return fail(p, PROTOCOL_ERROR, "unknown opcode");
    if (!!(b1 & MASKED) != p->masked)
        return fail(p, PROTOCOL_ERROR, p->masked ? "the frame is not masked" : "the frame is masked");
    if (control && (!(b0 & FIN) || len > CONTROL_MAX))
        return fail(p, PROTOCOL_ERROR, "a control frame is fragmented or too long");
    if (op == OP_CONT && !p->msg_op)
        return fail(p, PROTOCOL_ERROR, "a continuation of nothing");
    if ((op == OP_TEXT || op == OP_BINARY) && p->msg_op)
        return fail(p, PROTOCOL_ERROR, "a new message inside of a fragmented one");
    p->head_need = 2 + (len == 127 ? 8 : len == 126 ? 2 : 0) + (p->masked ? 4 : 0);
    return true;
}

static bool start_payload(parser *p)
{
    uint8_t op = p->head[0] & OPCODE, len = p->head[1] & ~MASKED;
    uint32_t ext = len == 127 ? 8 : len == 126 ? 2 : 0;
    uint64_t n = ext ? 0 : len;
    for (uint32_t i = 0; i < ext; i++)
        n = n << 8 | p->head[2 + i];
    if (ext && (n < (ext == 2 ? 126 : 65536) || n >> 63))
        return fail(p, PROTOCOL_ERROR, "the length is not in its shortest form");
    if (!(op & 8) && n > p->max - p->msg_len)
        return fail(p, TOO_BIG, "the message is too big");
    memcpy(p->mask, p->head + 2 + ext, 4); /* HEAD_MAX has room, masked or not */
    p->left = n;
    p->phase = 0;
    p->control_len = 0;
    p->in_payload = true;
    if (op == OP_TEXT || op == OP_BINARY) {
        p->msg_op = op;
        p->compressed = p->head[0] & RSV1;
        memset(&p->text, 0, sizeof(p->text));
    }
    return true;
}

/* Memory follows what has come, never what a length promises. */
static bool grow(JSContext *ctx, parser *p, size_t n)
{
    size_t cap = p->msg_cap ? p->msg_cap : 256;
    uint8_t *msg;
    if (n <= p->msg_cap - p->msg_len)
        return true;
    while (cap - p->msg_len < n)
        cap *= 2;
    msg = js_realloc(ctx, p->msg, cap);
    if (!msg)
        return false;
    p->msg = msg;
    p->msg_cap = cap;
    return true;
}

/* Takes what has come of the payload; false on an error or with an exception. */
static bool take_payload(JSContext *ctx, parser *p)
{
    size_t n = p->in_len - p->at;
    uint8_t *to;
    bool control = p->head[0] & 8;
    if (n > p->left)
        n = p->left;
    if (control) {
        to = p->control + p->control_len;
        p->control_len += n;
    } else {
        if (!grow(ctx, p, n))
            return false;
        to = p->msg + p->msg_len;
        p->msg_len += n;
    }
    if (p->masked)
        mask_copy(to, p->in + p->at, n, p->mask, p->phase);
    else if (n)
        memcpy(to, p->in + p->at, n);
    p->phase = (p->phase + n) & 3;
    p->at += n;
    p->left -= n;
    if (!control && p->msg_op == OP_TEXT && !p->compressed && !utf8_push(&p->text, to, n))
        return fail(p, BAD_DATA, "the text is not UTF-8");
    return true;
}

static JSValue array(JSContext *ctx, int n, JSValue a, JSValue b, JSValue c)
{
    JSValue v[3] = { a, b, c };
    return JS_NewArrayFrom(ctx, n, v);
}

static JSValue error_event(JSContext *ctx, parser *p)
{
    return array(ctx, 3, JS_NewInt32(ctx, -1), JS_NewInt32(ctx, p->error), JS_NewString(ctx, p->reason));
}

static JSValue close_event(JSContext *ctx, parser *p)
{
    int32_t code = NO_STATUS;
    if (p->control_len == 1) {
        fail(p, PROTOCOL_ERROR, "a close code of one byte");
    } else if (p->control_len) {
        code = p->control[0] << 8 | p->control[1];
        if (!code_valid(code))
            fail(p, PROTOCOL_ERROR, "a close code that must not be sent");
        else if (!utf8_valid(p->control + 2, p->control_len - 2))
            fail(p, BAD_DATA, "the close reason is not UTF-8");
    }
    if (p->error)
        return error_event(ctx, p);
    p->closed = true;
    return array(ctx, 3, JS_NewInt32(ctx, OP_CLOSE), JS_NewInt32(ctx, code),
                 p->control_len > 2 ? wq_decode(ctx, p->control + 2, p->control_len - 2) : JS_NewString(ctx, ""));
}

static JSValue message_event(JSContext *ctx, parser *p)
{
    int32_t op = p->msg_op;
    JSValue v;
    if (op == OP_TEXT && !p->compressed && p->text.need) {
        fail(p, BAD_DATA, "the text is not UTF-8");
        return error_event(ctx, p);
    }
    if (op == OP_TEXT && !p->compressed)
        v = p->msg_len ? wq_decode(ctx, p->msg, p->msg_len) : JS_NewString(ctx, "");
    else
        v = JS_NewUint8ArrayCopy(ctx, p->msg, p->msg_len);
    p->msg_op = 0;
    p->msg_len = 0;
    if (p->msg_cap > 65536) { /* a long message is rare: its room is not kept */
        js_free(ctx, p->msg);
        p->msg = NULL;
        p->msg_cap = 0;
    }
    return p->compressed ? array(ctx, 2, JS_NewInt32(ctx, op), v, JS_UNDEFINED) : v;
}

/* The frame is whole: an event, or undefined when it was a part of a message. */
static JSValue end_frame(JSContext *ctx, parser *p)
{
    uint8_t op = p->head[0] & OPCODE;
    p->in_payload = false;
    p->head_len = 0;
    p->head_need = 2;
    if (op == OP_CLOSE)
        return close_event(ctx, p);
    if (op & 8)
        return array(ctx, 2, JS_NewInt32(ctx, op), JS_NewUint8ArrayCopy(ctx, p->control, p->control_len), JS_UNDEFINED);
    return p->head[0] & FIN ? message_event(ctx, p) : JS_UNDEFINED;
}

/* next(parser): undefined when more bytes are needed, a string or Uint8Array for
 * a message, [1 or 2, bytes] for a compressed one, [8, code, reason], [9 or 10,
 * bytes], and, for ever after an error, [-1, code, reason]. */
static JSValue ws_next(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    parser *p = JS_GetOpaque2(ctx, argv[0], parser_class);
    if (!p)
        return JS_EXCEPTION;
    for (;;) {
        if (p->closed)
            return JS_UNDEFINED; /* RFC 6455, 1.4: what follows is discarded */
        if (p->error)
            return error_event(ctx, p);
        if (!p->in_payload) {
            while (p->head_len < p->head_need) {
                if (p->at == p->in_len)
                    return JS_UNDEFINED;
                p->head[p->head_len++] = p->in[p->at++];
                if (p->head_len == 2 && !check_start(p))
                    return error_event(ctx, p);
            }
            if (!start_payload(p))
                return error_event(ctx, p);
        }
        if (!take_payload(ctx, p))
            return p->error ? error_event(ctx, p) : JS_EXCEPTION;
        if (p->left)
            return JS_UNDEFINED;
        JSValue v = end_frame(ctx, p);
        if (!JS_IsUndefined(v))
            return v;
    }
}

/* feed(parser, bytes): after next gave undefined */
static JSValue ws_feed(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    parser *p = JS_GetOpaque2(ctx, argv[0], parser_class);
    uint8_t *b, *in;
    size_t n;
    if (!p || !wq_bytes(ctx, argv[1], JS_UNDEFINED, JS_UNDEFINED, false, &b, &n))
        return JS_EXCEPTION;
    if (p->at < p->in_len && !p->error && !p->closed)
        return JS_ThrowInternalError(ctx, "feed: not all was parsed");
    in = js_malloc(ctx, n ? n : 1);
    if (!in)
        return JS_EXCEPTION;
    memcpy(in, b, n);
    js_free(ctx, p->in);
    p->in = in;
    p->in_len = n;
    p->at = 0;
    return JS_UNDEFINED;
}

/* parser(masked, max, deflate): of what a client, or a server, sends; messages
 * have up to max bytes */
static JSValue ws_parser(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int64_t max;
    parser *p;
    JSValue obj;
    if (JS_ToInt64(ctx, &max, argv[1]))
        return JS_EXCEPTION;
    if (max < 0 || max > 1 << 30)
        return JS_ThrowRangeError(ctx, "the longest message is 0 to 2**30 bytes");
    obj = JS_NewObjectClass(ctx, parser_class);
    if (JS_IsException(obj))
        return obj;
    p = js_mallocz(ctx, sizeof(*p));
    if (!p) {
        JS_FreeValue(ctx, obj);
        return JS_EXCEPTION;
    }
    p->masked = JS_ToBool(ctx, argv[0]);
    p->deflate = JS_ToBool(ctx, argv[2]);
    p->max = max;
    p->head_need = 2;
    JS_SetOpaque(obj, p);
    return obj;
}

/* ---- frames ---- */

static JSValue make_frame(JSContext *ctx, uint8_t b0, const uint8_t *data, size_t n, bool masked)
{
    uint8_t head[HEAD_MAX], *buf;
    size_t h = 2;
    JSValue v;
    head[0] = b0;
    if (n < 126) {
        head[1] = n;
    } else if (n < 65536) {
        head[1] = 126;
        head[2] = n >> 8;
        head[3] = n;
        h = 4;
    } else {
        head[1] = 127;
        for (int i = 0; i < 8; i++)
            head[2 + i] = (uint64_t)n >> (56 - 8 * i);
        h = 10;
    }
    if (masked) {
        head[1] |= MASKED;
        if (getentropy(head + h, 4))
            return wq_throw_errno(ctx, -errno, "getentropy", NULL, 0);
        h += 4;
    }
    buf = js_malloc(ctx, h + n);
    if (!buf)
        return JS_EXCEPTION;
    memcpy(buf, head, h);
    if (masked)
        mask_copy(buf + h, data, n, head + h - 4, 0);
    else if (n)
        memcpy(buf + h, data, n);
    v = JS_NewUint8ArrayCopy(ctx, buf, h + n);
    js_free(ctx, buf);
    return v;
}

/* frame(opcode, data, masked, compressed): one frame that is a whole message */
static JSValue ws_frame(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t op;
    wq_input data;
    JSValue v;
    bool masked = JS_ToBool(ctx, argv[2]), compressed = JS_ToBool(ctx, argv[3]);
    if (JS_ToInt32(ctx, &op, argv[0]) || !wq_get_input(ctx, argv[1], &data))
        return JS_EXCEPTION;
    v = make_frame(ctx, FIN | (compressed ? RSV1 : 0) | (op & OPCODE), data.ptr, data.len, masked);
    wq_free_input(ctx, &data);
    return v;
}

/* closeFrame(code, reason, masked): code 1005 is none; null when the code must
 * not be sent or the reason is too long */
static JSValue ws_close_frame(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint8_t body[CONTROL_MAX];
    int32_t code;
    size_t n;
    const char *s;
    bool masked = JS_ToBool(ctx, argv[2]), good;
    if (JS_ToInt32(ctx, &code, argv[0]))
        return JS_EXCEPTION;
    s = wq_utf8(ctx, argv[1], &n);
    if (!s)
        return JS_EXCEPTION;
    good = n <= REASON_MAX && (code == NO_STATUS ? n == 0 : code_valid(code));
    if (good) {
        body[0] = code >> 8;
        body[1] = code;
        memcpy(body + 2, s, n);
    }
    JS_FreeCString(ctx, s);
    return good ? make_frame(ctx, FIN | OP_CLOSE, body, code == NO_STATUS ? 0 : n + 2, masked) : JS_NULL;
}

/* text(bytes): the string; null when they are not UTF-8 */
static JSValue ws_text(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint8_t *p;
    size_t n;
    if (!wq_bytes(ctx, argv[0], JS_UNDEFINED, JS_UNDEFINED, false, &p, &n))
        return JS_EXCEPTION;
    return utf8_valid(p, n) ? wq_decode(ctx, p, n) : JS_NULL;
}

static const JSCFunctionListEntry funcs[] = {
    JS_CFUNC_DEF("parser", 3, ws_parser),
    JS_CFUNC_DEF("feed", 2, ws_feed),
    JS_CFUNC_DEF("next", 1, ws_next),
    JS_CFUNC_DEF("frame", 4, ws_frame),
    JS_CFUNC_DEF("closeFrame", 3, ws_close_frame),
    JS_CFUNC_DEF("text", 1, ws_text),
};

static int init(JSContext *ctx, JSModuleDef *m) { return JS_SetModuleExportList(ctx, m, funcs, countof(funcs)); }

int wq_init_module_ws(JSContext *ctx)
{
    JSRuntime *rt = JS_GetRuntime(ctx);
    JSModuleDef *m = JS_NewCModule(ctx, "wqjs:internal/ws-native", init);
    JS_NewClassID(rt, &parser_class);
    if (!m || JS_NewClass(rt, parser_class, &class_def))
        return -1;
    return JS_AddModuleExportList(ctx, m, funcs, countof(funcs));
}
