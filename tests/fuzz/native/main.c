/* Runs JavaScript in native QuickJS-NG for the fuzzer: reads programs, each as
 * its length in decimal, a newline and that many bytes, runs each in a runtime
 * of its own under limits, and answers in the same form with what it printed. A
 * line more says how it ended: ok, error or limit. With files as arguments it
 * runs those and prints. What a sanitizer finds ends the process. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "quickjs.h"

#define OUTPUT_MAX (1 << 20)
#define STACK_SIZE (256 << 20) /* sanitizers make frames large */
#define MEMORY_LIMIT (128 << 20)
#define POLLS 2000 /* of 10,000 jumps and calls each */

static char output[OUTPUT_MAX];
static size_t output_len;
static int polls, poll_limit;
static int limited;

static int on_interrupt(JSRuntime *rt, void *opaque)
{
    if (++polls < poll_limit)
        return 0;
    limited = 1;
    return 1;
}

static void put(const char *s, size_t len)
{
    if (len > OUTPUT_MAX - output_len) {
        len = OUTPUT_MAX - output_len;
        limited = 1;
    }
    memcpy(output + output_len, s, len);
    output_len += len;
}

static JSValue js_print(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    for (int i = 0; i < argc; i++) {
        size_t len;
        const char *s = JS_ToCStringLen(ctx, &len, argv[i]);
        if (!s)
            return JS_EXCEPTION;
        if (i)
            put(" ", 1);
        put(s, len);
        JS_FreeCString(ctx, s);
    }
    put("\n", 1);
    return JS_UNDEFINED;
}

/* Shows an uncaught value; whether it was one that script code can throw. */
static int show_exception(JSContext *ctx)
{
    JSValue exc = JS_GetException(ctx);
    int catchable = !JS_IsUncatchableError(exc);
    const char *s = JS_ToCString(ctx, exc);
    if (s && catchable) {
        put("Uncaught ", 9);
        put(s, strlen(s));
        put("\n", 1);
    }
    JS_FreeCString(ctx, s);
    JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, exc);
    return catchable;
}

static const char *run(const char *source, size_t len, const char *name)
{
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx, *c;
    JSValue global, v;
    const char *end = "ok";
    int jobs = 0, r = 1;

    polls = limited = 0;
    output_len = 0;
    JS_SetMemoryLimit(rt, MEMORY_LIMIT);
    JS_SetMaxStackSize(rt, STACK_SIZE - (1 << 20));
    JS_SetInterruptHandler(rt, on_interrupt, NULL);
    ctx = JS_NewContext(rt);
    global = JS_GetGlobalObject(ctx);
    JS_SetPropertyStr(ctx, global, "print", JS_NewCFunction(ctx, js_print, "print", 1));
    JS_FreeValue(ctx, global);

    v = JS_Eval(ctx, source, len, name, JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(v)) {
        show_exception(ctx);
        end = "error";
    }
    JS_FreeValue(ctx, v);
    while (r != 0 && jobs++ < 10000 && !limited) {
        r = JS_ExecutePendingJob(rt, &c);
        if (r < 0)
            show_exception(ctx);
    }
    JS_FreeContext(ctx);
    JS_FreeRuntime(rt); /* asserts that no object is left */
    return limited || r != 0 ? "limit" : end;
}

static char *read_file(FILE *f, size_t *len)
{
    char *p = NULL;
    size_t cap = 0;
    *len = 0;
    do {
        cap = cap ? 2 * cap : 1 << 16;
        p = realloc(p, cap + 1);
        *len += fread(p + *len, 1, cap - *len, f);
    } while (*len == cap);
    p[*len] = '\0';
    return p;
}

/* Files have no time limit: they are ours. */
static int run_files(char **names)
{
    int bad = 0;
    poll_limit = INT_MAX;
    for (; *names; names++) {
        FILE *f = fopen(*names, "rb");
        size_t len;
        char *source;
        const char *end;
        if (!f) {
            perror(*names);
            return 1;
        }
        source = read_file(f, &len);
        fclose(f);
        end = run(source, len, *names);
        fwrite(output, 1, output_len, stdout);
        if (strcmp(end, "ok")) {
            printf("%s: %s\n", *names, end);
            bad = 1;
        }
        free(source);
    }
    return bad;
}

static int serve(void)
{
    size_t len;
    poll_limit = POLLS;
    while (scanf("%zu", &len) == 1 && getchar() == '\n' && len < (64 << 20)) {
        char *source = malloc(len + 1);
        const char *end;
        if (!source || fread(source, 1, len, stdin) != len)
            return 1;
        source[len] = '\0';
        end = run(source, len, "program.js");
        free(source);
        printf("%zu\n", output_len);
        fwrite(output, 1, output_len, stdout);
        printf("%s\n", end);
        fflush(stdout);
    }
    return 0;
}

static void *start(void *arg)
{
    char **argv = arg;
    return (void *)(intptr_t)(argv[1] ? run_files(argv + 1) : serve());
}

int main(int argc, char **argv)
{
    pthread_attr_t attr;
    pthread_t thread;
    void *result;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE + (1 << 20));
    if (pthread_create(&thread, &attr, start, argv) || pthread_join(thread, &result))
        return 1;
    return (int)(intptr_t)result;
}
