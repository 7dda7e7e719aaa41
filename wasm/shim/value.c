/* What both directions of the value codec need: intrinsics and texts. */
#include "value.h"

JSValue wq_helpers[WQ_HELPERS];

static const char helpers_source[] =
    "((call, B, M, S, apply, TypeError, { iterator, asyncIterator }) => {"
    "const uncurry = f => call.bind(f);"
    "const hex = uncurry(B.prototype.toString), set = uncurry(M.prototype.set), add = uncurry(S.prototype.add);"
    "return ["
    "(s, negative) => negative ? -B(s) : B(s),"
    "n => hex(n, 16),"
    "uncurry(Date.prototype.getTime),"
    "uncurry(M.prototype.forEach),"
    "uncurry(S.prototype.forEach),"
    "list => { const m = new M; for (let i = 0; i < list.length; i += 2) set(m, list[i], list[i + 1]); return m; },"
    "list => { const s = new S; for (let i = 0; i < list.length; i++) add(s, list[i]); return s; },"
    "o => {"
    "const f = o[asyncIterator] ?? o[iterator];"
    "if (typeof f !== 'function') throw new TypeError('the value is not iterable');"
    "return apply(f, o, []);"
    "},"
    "Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}.prototype)),"
    "];"
    "})(Function.prototype.call, BigInt, Map, Set, Reflect.apply, TypeError, Symbol)";

int wq_init_values(JSContext *ctx)
{
    JSValue list = JS_Eval(ctx, helpers_source, sizeof(helpers_source) - 1, "wqjs:internal/values", JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(list))
        return -1;
    for (int i = 0; i < WQ_HELPERS; i++)
        wq_helpers[i] = JS_GetPropertyUint32(ctx, list, i);
    JS_FreeValue(ctx, list);
    return 0;
}

JSValue wq_new_iterator(JSContext *ctx) { return JS_NewObjectProto(ctx, wq_helpers[HELP_ITERATOR]); }

JSValue wq_iterate(JSContext *ctx, JSValueConst v) { return JS_Call(ctx, wq_helpers[HELP_ITERATE], JS_UNDEFINED, 1, &v); }

const char *const wq_fault_text[] = {
    [FAULT_CYCLE] = "the value contains itself",
    [FAULT_DEPTH] = "the value is nested too deep",
    [FAULT_SIZE] = "the value is too large",
    [FAULT_HANDLES] = "too many values are held by the host",
    [FAULT_MALFORMED] = "malformed value",
};
