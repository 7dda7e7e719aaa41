/* Content codings, digests and random bytes for wqjs:internal/native, and the
 * targets of symbolic links. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "wqjs.h"

bool wq_get_input(JSContext *ctx, JSValueConst v, wq_input *in)
{
    in->text = NULL;
    if (JS_IsString(v)) {
        in->text = wq_utf8(ctx, v, &in->len);
        in->ptr = (uint8_t *)in->text;
    } else if (!wq_bytes(ctx, v, JS_UNDEFINED, JS_UNDEFINED, false, &in->ptr, &in->len)) {
        return false;
    }
    if (in->text || in->len <= INT32_MAX)
        return in->ptr || !in->len;
    JS_ThrowRangeError(ctx, "the data is too long");
    return false;
}

void wq_free_input(JSContext *ctx, wq_input *in)
{
    if (in->text)
        JS_FreeCString(ctx, in->text);
}

static JSValue take_bytes(JSContext *ctx, int32_t n)
{
    char *p = wq_take(ctx, n);
    JSValue v;
    if (!p)
        return JS_EXCEPTION;
    v = JS_NewUint8ArrayCopy(ctx, (uint8_t *)p, n);
    js_free(ctx, p);
    return v;
}

/* digest("sha1" | "sha256", data, key?): with a key, the HMAC */
static JSValue codec_digest(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *alg = JS_ToCString(ctx, argv[0]);
    wq_input data, key = { NULL, NULL, 0 };
    uint8_t out[32];
    bool keyed = !JS_IsUndefined(argv[2]);
    int32_t id, r;
    if (!alg)
        return JS_EXCEPTION;
    id = !strcmp(alg, "sha1") ? 1 : !strcmp(alg, "sha256") ? 2 : 0;
    JS_FreeCString(ctx, alg);
    if (!wq_get_input(ctx, argv[1], &data))
        return JS_EXCEPTION;
    if (keyed && !wq_get_input(ctx, argv[2], &key)) {
        wq_free_input(ctx, &data);
        return JS_EXCEPTION;
    }
    r = wq_codec_digest(id, key.ptr, keyed ? (int32_t)key.len : -1, data.ptr, data.len, out);
    wq_free_input(ctx, &data);
    wq_free_input(ctx, &key);
    if (r < 0)
        return wq_throw_errno(ctx, r, "digest", NULL, 0);
    return JS_NewUint8ArrayCopy(ctx, out, r);
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int wq_entity_tag(const uint8_t *p, size_t len, bool weak, char *tag)
{
    uint8_t sum[21] = { 0 };
    int32_t r = wq_codec_digest(1, NULL, -1, p, len, sum);
    int n = 0, digits = 1;
    if (r < 0)
        return r;
    if (weak) {
        tag[n++] = 'W';
        tag[n++] = '/';
    }
    tag[n++] = '"';
    while (digits < 8 && len >> 4 * digits)
        digits++;
    while (digits--)
        tag[n++] = "0123456789abcdef"[len >> 4 * digits & 15];
    tag[n++] = '-';
    /* 20 bytes are 27 digits of base64, with two bits of padding */
    for (int i = 0; i < 27; i++) {
        int at = i * 6 / 8, shift = 10 - i * 6 % 8;
        tag[n++] = base64[(sum[at] << 8 | sum[at + 1]) >> shift & 63];
    }
    tag[n++] = '"';
    return n;
}

/* entityTag(body, weak) */
static JSValue codec_entity_tag(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    char tag[WQ_TAG_MAX];
    wq_input body;
    int n;
    if (!wq_get_input(ctx, argv[0], &body))
        return JS_EXCEPTION;
    n = wq_entity_tag(body.ptr, body.len, JS_ToBool(ctx, argv[1]), tag);
    wq_free_input(ctx, &body);
    return n < 0 ? wq_throw_errno(ctx, n, "digest", NULL, 0) : JS_NewStringLen(ctx, tag, n);
}

/* encodings(): the names of all content codings, by commas */
static JSValue codec_encodings(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t r = wq_codec_names();
    char *p;
    JSValue v;
    if (r < 0)
        return wq_throw_errno(ctx, r, "encodings", NULL, 0);
    p = wq_take(ctx, r);
    if (!p)
        return JS_EXCEPTION;
    v = JS_NewStringLen(ctx, p, r);
    js_free(ctx, p);
    return v;
}

/* encoderOpen(name, level): a number */
static JSValue codec_encoder_open(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t level, r;
    size_t len;
    const char *name;
    if (JS_ToInt32(ctx, &level, argv[1]))
        return JS_EXCEPTION;
    name = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!name)
        return JS_EXCEPTION;
    r = wq_codec_encoder_open(name, len, level);
    JS_FreeCString(ctx, name);
    return r < 0 ? wq_throw_errno(ctx, r, "encode", NULL, 0) : JS_NewInt32(ctx, r);
}

enum { CHUNK_MAX = 1 << 20 };

/* encoderWrite(id, data, mode): the bytes that came out; mode 0, 1: flush, 2: finish */
static JSValue codec_encoder_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id, mode, r;
    wq_input data;
    if (JS_ToInt32(ctx, &id, argv[0]) || JS_ToInt32(ctx, &mode, argv[2]) || !wq_get_input(ctx, argv[1], &data))
        return JS_EXCEPTION;
    if (data.len > CHUNK_MAX) {
        wq_free_input(ctx, &data);
        return JS_ThrowRangeError(ctx, "an encoder takes up to %d bytes at a time", CHUNK_MAX);
    }
    r = wq_codec_encoder_write(id, data.ptr, data.len, mode);
    wq_free_input(ctx, &data);
    return r < 0 ? wq_throw_errno(ctx, r, "encode", NULL, 0) : take_bytes(ctx, r);
}

static JSValue codec_encoder_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t id;
    if (JS_ToInt32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    wq_codec_encoder_close(id);
    return JS_UNDEFINED;
}

/* decode(name, data, max) */
static JSValue codec_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t max, r;
    size_t len;
    const char *name;
    wq_input data;
    if (JS_ToInt32(ctx, &max, argv[2]))
        return JS_EXCEPTION;
    name = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!name)
        return JS_EXCEPTION;
    if (!wq_get_input(ctx, argv[1], &data)) {
        JS_FreeCString(ctx, name);
        return JS_EXCEPTION;
    }
    r = wq_codec_decode(name, len, data.ptr, data.len, max);
    JS_FreeCString(ctx, name);
    wq_free_input(ctx, &data);
    return r < 0 ? wq_throw_errno(ctx, r, "decode", NULL, 0) : take_bytes(ctx, r);
}

/* randomBytes(n): from the host's generator, n up to 256 */
static JSValue random_bytes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint8_t buf[256];
    int32_t n;
    if (JS_ToInt32(ctx, &n, argv[0]))
        return JS_EXCEPTION;
    if (n < 0 || n > (int32_t)sizeof(buf))
        return JS_ThrowRangeError(ctx, "randomBytes: %d is not from 0 to %zu", n, sizeof(buf));
    if (getentropy(buf, n))
        return wq_throw_errno(ctx, -errno, "getentropy", NULL, 0);
    return JS_NewUint8ArrayCopy(ctx, buf, n);
}

/* readLink(path): what a symbolic link points to; null for anything else */
static JSValue read_link(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    char buf[PATH_MAX];
    const char *path = JS_ToCString(ctx, argv[0]);
    ssize_t n;
    if (!path)
        return JS_EXCEPTION;
    n = readlink(path, buf, sizeof(buf));
    JS_FreeCString(ctx, path);
    return n < 0 ? JS_NULL : JS_NewStringLen(ctx, buf, n);
}

const JSCFunctionListEntry wq_codec_funcs[] = {
    JS_CFUNC_DEF("digest", 3, codec_digest),
    JS_CFUNC_DEF("entityTag", 2, codec_entity_tag),
    JS_CFUNC_DEF("encodings", 0, codec_encodings),
    JS_CFUNC_DEF("encoderOpen", 2, codec_encoder_open),
    JS_CFUNC_DEF("encoderWrite", 3, codec_encoder_write),
    JS_CFUNC_DEF("encoderClose", 1, codec_encoder_close),
    JS_CFUNC_DEF("decode", 3, codec_decode),
    JS_CFUNC_DEF("randomBytes", 1, random_bytes),
    JS_CFUNC_DEF("readLink", 1, read_link),
};
const int wq_codec_funcs_len = countof(wq_codec_funcs);
