/* Runs the kernels of the file given in native QuickJS-NG: reads a name a line,
 * answers with the CPU time of its call in milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "quickjs.h"

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void eval(JSContext *ctx, const char *source, size_t len, const char *name)
{
    JSValue v = JS_Eval(ctx, source, len, name, JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(v)) {
        const char *text = JS_ToCString(ctx, JS_GetException(ctx));
        fprintf(stderr, "%s: %s\n", name, text ? text : "no memory");
        exit(1);
    }
    JS_FreeValue(ctx, v);
}

int main(int argc, char **argv)
{
    static char source[1 << 20], line[256], script[512];
    JSContext *ctx = JS_NewContext(JS_NewRuntime());
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    size_t len;

    if (!ctx || !f)
        return 1;
    len = fread(source, 1, sizeof(source) - 1, f);
    fclose(f);
    eval(ctx, source, len, argv[1]);
    while (fgets(line, sizeof(line), stdin)) {
        double start;
        line[strcspn(line, "\n")] = '\0';
        snprintf(script, sizeof(script), "kernels.%s()", line);
        start = cpu_ms();
        eval(ctx, script, strlen(script), "run");
        printf("%.3f\n", cpu_ms() - start);
        fflush(stdout);
    }
    return 0;
}
