/* Modules: the host resolves names and hands out sources; policy lives there. */
#include <stdlib.h>
#include <string.h>
#include "quickjs-libc.h"
#include "wqjs.h"

/* Library modules already loaded, for wq_import_now. */
typedef struct {
    char *name;
    JSModuleDef *m;
} loaded;
static loaded *internal;
static int internal_len;

char *wq_take(JSContext *ctx, int32_t len)
{
    char *p = js_malloc(ctx, (size_t)len + 1);
    if (!p)
        return NULL;
    int32_t n = wq_core_take(p, len);
    p[n < 0 ? 0 : n] = '\0';
    return p;
}

static void throw_detail(JSContext *ctx, const char *code, const char *fallback)
{
    char msg[1024];
    int32_t n = wq_core_detail(msg, sizeof(msg) - 1);
    JSValue err = JS_NewError(ctx);
    msg[n < 0 ? 0 : n] = '\0';
    JS_DefinePropertyValueStr(ctx, err, "message", JS_NewString(ctx, n > 0 ? msg : fallback),
                              JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    /* not enumerable: the message says it all when it is printed */
    JS_DefinePropertyValueStr(ctx, err, "code", JS_NewString(ctx, code),
                              JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_Throw(ctx, err);
}

/* The code of a module error: EACCES stays what it is, all else is Node's. */
static const char *module_code(int32_t r)
{
    const char *name = wq_errno_name(-r);
    return !strcmp(name, "EACCES") ? name : "ERR_MODULE_NOT_FOUND";
}

static char *normalize(JSContext *ctx, const char *base, const char *name, void *opaque)
{
    int32_t r = wq_core_module_resolve(base, strlen(base), name, strlen(name));
    if (r < 0) {
        throw_detail(ctx, module_code(r), "cannot resolve module");
        return NULL;
    }
    return wq_take(ctx, r);
}

static uint8_t *load_source(JSContext *ctx, size_t *plen, const char *name)
{
    int32_t r = wq_core_module_load(name, strlen(name));
    if (r < 0) {
        throw_detail(ctx, module_code(r), "cannot load module");
        return NULL;
    }
    *plen = r;
    return (uint8_t *)wq_take(ctx, r);
}

/* A byte order mark is no part of text, only of bytes. */
static size_t bom_length(const uint8_t *p, size_t len)
{
    return len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3) ? 3 : 0;
}

static bool is_library(const char *name) { return !strncmp(name, "wqjs:", 5); }

int wq_module_set_meta(JSContext *ctx, JSModuleDef *m, bool is_main)
{
    JSValue meta = JS_GetImportMeta(ctx, m);
    JSAtom atom = JS_GetModuleName(ctx, m);
    const char *name = JS_AtomToCString(ctx, atom);
    JS_FreeAtom(ctx, atom);
    if (JS_IsException(meta) || !name)
        return -1;
    if (name[0] == '/') {
        const char *slash = strrchr(name, '/');
        size_t dir = slash == name ? 1 : slash - name;
        JSValue url = JS_UNDEFINED;
        int32_t r = wq_core_module_url(name, strlen(name));
        if (r >= 0) {
            char *p = wq_take(ctx, r);
            if (p) {
                url = JS_NewString(ctx, p);
                js_free(ctx, p);
            }
        }
        wq_put(ctx, meta, "url", url);
        wq_put(ctx, meta, "filename", JS_NewString(ctx, name));
        wq_put(ctx, meta, "dirname", JS_NewStringLen(ctx, name, dir));
    } else {
        wq_put(ctx, meta, "url", JS_NewString(ctx, name));
    }
    wq_put(ctx, meta, "main", JS_NewBool(ctx, is_main));
    JS_FreeCString(ctx, name);
    JS_FreeValue(ctx, meta);
    return 0;
}

static JSModuleDef *load_js(JSContext *ctx, const char *name)
{
    size_t len, bom;
    uint8_t *src = load_source(ctx, &len, name);
    JSValue v;
    JSModuleDef *m;
    if (!src)
        return NULL;
    bom = bom_length(src, len);
    v = JS_Eval(ctx, (char *)src + bom, len - bom, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    js_free(ctx, src);
    if (JS_IsException(v))
        return NULL;
    m = JS_VALUE_GET_PTR(v);
    JS_FreeValue(ctx, v); /* the context keeps a reference */
    if (wq_module_set_meta(ctx, m, false))
        return NULL;
    if (is_library(name)) {
        loaded *n = realloc(internal, sizeof(loaded) * (internal_len + 1));
        if (n) {
            internal = n;
            internal[internal_len++] = (loaded){ strdup(name), m };
        }
    }
    return m;
}

static int set_default(JSContext *ctx, JSModuleDef *m)
{
    return JS_SetModuleExport(ctx, m, "default", JS_GetModulePrivateValue(ctx, m));
}

/* A module of one default export: parsed JSON, a string, or bytes. */
static JSModuleDef *load_data(JSContext *ctx, const char *name, const char *type)
{
    bool json = !strcmp(type, "json"), text = !strcmp(type, "text");
    size_t len, bom;
    uint8_t *src;
    JSValue v;
    JSModuleDef *m;
    if (!json && !text && strcmp(type, "bytes")) {
        JS_ThrowTypeError(ctx, "%s: module type \"%s\" is none of json, text and bytes", name, type);
        return NULL;
    }
    src = load_source(ctx, &len, name);
    if (!src)
        return NULL;
    bom = bom_length(src, len);
    if (json)
        v = JS_ParseJSON(ctx, (char *)src + bom, len - bom, name);
    else if (text)
        v = wq_decode(ctx, src + bom, len - bom);
    else
        v = JS_NewUint8ArrayCopy(ctx, src, len);
    js_free(ctx, src);
    if (JS_IsException(v))
        return NULL;
    m = JS_NewCModule(ctx, name, set_default);
    if (!m) {
        JS_FreeValue(ctx, v);
        return NULL;
    }
    JS_AddModuleExport(ctx, m, "default");
    JS_SetModulePrivateValue(ctx, m, v);
    return m;
}

static JSModuleDef *loader(JSContext *ctx, const char *name, void *opaque, JSValueConst attrs)
{
    size_t len = strlen(name);
    if (JS_IsObject(attrs)) {
        JSValue v = JS_GetPropertyStr(ctx, attrs, "type");
        const char *type = JS_IsString(v) ? JS_ToCString(ctx, v) : NULL;
        JS_FreeValue(ctx, v);
        if (type) {
            JSModuleDef *m = load_data(ctx, name, type);
            JS_FreeCString(ctx, type);
            return m;
        }
    }
    if (len > 5 && !strcmp(name + len - 5, ".json")) {
        JS_ThrowTypeError(ctx, "%s: a JSON module is imported with { type: \"json\" }", name);
        return NULL;
    }
    return load_js(ctx, name);
}

void wq_init_loader(JSRuntime *rt)
{
    JS_SetModuleLoaderFunc2(rt, normalize, loader, js_module_check_attributes, NULL);
}

/* The namespace of a library module, loaded and evaluated now. */
JSValue wq_import_now(JSContext *ctx, const char *specifier)
{
    for (int pass = 0; pass < 2; pass++) {
        JSValue p;
        for (int i = 0; i < internal_len; i++)
            if (!strcmp(internal[i].name, specifier))
                return JS_GetModuleNamespace(ctx, internal[i].m);
        p = JS_LoadModule(ctx, "wqjs:internal/import", specifier);
        if (JS_IsException(p))
            return p;
        if (JS_PromiseState(ctx, p) == JS_PROMISE_REJECTED) {
            JSValue reason = JS_PromiseResult(ctx, p);
            JS_PromiseMarkAsHandled(ctx, p);
            JS_FreeValue(ctx, p);
            return JS_Throw(ctx, reason);
        }
        JS_FreeValue(ctx, p);
    }
    return JS_ThrowInternalError(ctx, "library module %s did not load", specifier);
}
