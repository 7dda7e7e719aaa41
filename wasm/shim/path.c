/* Paths to properties: "a.b.c" from an object, or one key. */
#include <string.h>
#include "value.h"

void wq_path_free(JSContext *ctx, wq_path *p)
{
    while (p->len > 0)
        JS_FreeAtom(ctx, p->atoms[--p->len]);
}

static bool path_add(JSContext *ctx, wq_path *p, JSAtom atom)
{
    if (atom == JS_ATOM_NULL)
        return false;
    if (p->len == WQ_MAX_PATH) {
        JS_FreeAtom(ctx, atom);
        JS_ThrowRangeError(ctx, "a path of more than %d names", WQ_MAX_PATH);
        return false;
    }
    p->atoms[p->len++] = atom;
    return true;
}

bool wq_path_read(JSContext *ctx, wq_reader *r, bool dotted, wq_path *p)
{
    const char *s, *dot;
    uint32_t len;
    JSValue key;
    JSAtom atom;
    p->len = 0;
    if (!dotted) {
        key = wq_read(ctx, r);
        if (JS_IsException(key))
            return false;
        atom = JS_ValueToAtom(ctx, key);
        JS_FreeValue(ctx, key);
        return path_add(ctx, p, atom);
    }
    if (!wq_read_text(ctx, r, &s, &len))
        return false;
    while (len > 0) {
        uint32_t n;
        dot = memchr(s, '.', len);
        n = dot ? dot - s : len;
        if (!path_add(ctx, p, JS_NewAtomLen(ctx, s, n))) {
            wq_path_free(ctx, p);
            return false;
        }
        s += n + (dot != NULL);
        len -= n + (dot != NULL);
    }
    return true;
}

/* A let, const or class of a script, which is no property of the global object. */
static JSValue lexical(JSContext *ctx, JSAtom atom)
{
    JSValue v = JS_UNDEFINED;
    size_t len;
    const char *name = JS_AtomToCStringLen(ctx, &len, atom);
    bool plain = name && len > 0 && !(name[0] >= '0' && name[0] <= '9');
    for (size_t i = 0; plain && i < len; i++) {
        uint8_t c = name[i];
        plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || c >= 0x80;
    }
    if (plain) {
        v = JS_Eval(ctx, name, len, "<name>", JS_EVAL_TYPE_GLOBAL);
        if (JS_IsException(v) && !wq_interrupt && !wq.exiting) {
            JS_FreeValue(ctx, JS_GetException(ctx)); /* no such name */
            v = JS_UNDEFINED;
        }
    }
    JS_FreeCString(ctx, name);
    return v;
}

JSValue wq_path_walk(JSContext *ctx, JSValue base, bool global, const wq_path *p, uint32_t n, JSValue *owner)
{
    *owner = JS_UNDEFINED;
    for (uint32_t i = 0; i < n && !JS_IsException(base); i++) {
        JSValue v = JS_GetProperty(ctx, base, p->atoms[i]);
        if (global && i == 0 && JS_IsUndefined(v))
            v = lexical(ctx, p->atoms[0]);
        JS_FreeValue(ctx, *owner);
        *owner = base;
        base = v;
    }
    return base;
}
