/* What `wqjs serve` tells of requests: counts, times, and lines of an access log
 * on standard output. Off unless it was asked for: it reads the clock. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "http_server.h"

enum { LOG_NONE, LOG_TEXT, LOG_JSON };

static int log_format;
static bool metrics;
bool http_observing;

/* Seconds, as Prometheus' clients have them. */
static const double bounds[] = { .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };

static struct {
    double by_class[6]; /* 1xx to 5xx */
    double buckets[countof(bounds) + 1];
    double sum, bytes;
    double tls_failures; /* handshakes that did not come about */
} seen;

static char lines[32 * 1024];
static size_t n_lines;

uint64_t http_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void http_log_flush(void)
{
    const char *p = lines;
    while (n_lines > 0) {
        ssize_t n = write(1, p, n_lines);
        if (n <= 0)
            break; /* nobody reads the log: it is no reason to stop */
        p += n;
        n_lines -= n;
    }
    n_lines = 0;
}

/* Text of a peer: nothing that ends a line or a string. */
static char *put_text(char *p, const char *end, const char *s, size_t len)
{
    for (size_t i = 0; i < len && end - p > 8; i++) {
        uint8_t c = s[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            p += sprintf(p, log_format == LOG_JSON ? "\\u%04x" : "\\x%02x", c);
        else
            *p++ = c;
    }
    return p;
}

/* Starts a line: when, and who. *end is where the text of a peer must end. */
static char *start_line(const wq_conn *c, char **end)
{
    char *p = lines + n_lines;
    time_t now = time(NULL);
    struct tm tm;
    if (sizeof(lines) - n_lines < 2048) {
        http_log_flush();
        p = lines;
    }
    *end = p + 1536;
    gmtime_r(&now, &tm);
    if (log_format == LOG_JSON) {
        p += strftime(p, 64, "{\"time\":\"%Y-%m-%dT%H:%M:%SZ\",\"remote\":\"", &tm);
        return put_text(p, *end, c->addr, c->addr_len);
    }
    p = put_text(p, *end, c->addr_len ? c->addr : "-", c->addr_len ? c->addr_len : 1);
    return p + strftime(p, 64, " - - [%d/%b/%Y:%H:%M:%S +0000] ", &tm);
}

static void log_line(const wq_conn *c, const exchange *x, int status, double ms)
{
    bool json = log_format == LOG_JSON;
    char *end, *p = start_line(c, &end);
    p += sprintf(p, json ? "\",\"method\":\"%s\",\"url\":\"" : "\"%s ", x ? llhttp_method_name(x->method) : "-");
    p = put_text(p, end, x ? x->url.at : "-", x ? x->url.len : 1);
    if (json)
        p += sprintf(p, "\",\"status\":%d,\"bytes\":%lld,\"ms\":%.2f}\n", status, (long long)(x ? x->written : 0), ms);
    else
        p += sprintf(p, " HTTP/1.%d\" %d %lld %.2fms\n", x ? x->minor : 1, status, (long long)(x ? x->written : 0), ms);
    n_lines = p - lines;
}

void http_observe_secure(const wq_conn *c)
{
    char reason[256], *p, *end;
    int32_t n;
    if (wq_tls_info(c->fd) >= 0)
        return;
    seen.tls_failures++;
    n = wq_core_detail(reason, sizeof(reason));
    if (!log_format)
        return;
    if (n <= 0)
        n = sprintf(reason, "tls: the handshake was not completed");
    p = start_line(c, &end);
    p += sprintf(p, log_format == LOG_JSON ? "\",\"error\":\"" : "\"-\" ");
    p = put_text(p, end, reason, n < (int32_t)sizeof(reason) ? n : (int32_t)sizeof(reason));
    p += sprintf(p, log_format == LOG_JSON ? "\"}\n" : "\n");
    n_lines = p - lines;
}

void http_observe(const wq_conn *c, const exchange *x, int status)
{
    double us = x && x->started ? http_now() - x->started : 0;
    size_t i = 0;
    if (!http_observing)
        return;
    if (status >= 100 && status < 600)
        seen.by_class[status / 100]++;
    while (i < countof(bounds) && us > bounds[i] * 1e6)
        i++;
    seen.buckets[i]++;
    seen.sum += us / 1e6;
    seen.bytes += x ? x->written : 0;
    if (log_format)
        log_line(c, x, status, us / 1000);
}

/* observe(format, metrics): access log (0 none, 1 text, 2 JSON) and counts */
static JSValue observe(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    if (JS_ToInt32(ctx, &log_format, argv[0]))
        return JS_EXCEPTION;
    metrics = JS_ToBool(ctx, argv[1]);
    http_observing = log_format || metrics;
    return JS_UNDEFINED;
}

static JSValue numbers(JSContext *ctx, const double *d, int n)
{
    JSValue arr = JS_NewArray(ctx);
    for (int i = 0; i < n; i++)
        JS_DefinePropertyValueUint32(ctx, arr, i, JS_NewFloat64(ctx, d[i]), JS_PROP_C_W_E);
    return arr;
}

/* Open sockets: their numbers are the lowest that are free. */
static int count_fds(void)
{
    int n = 0;
    for (int32_t fd = WQ_FD_BASE, misses = 0; fd < WQ_FD_BASE + WQ_FD_MAX && misses < 256; fd++) {
        if (wq_fcntl(fd, 3 /* F_GETFL */, 0) >= 0) {
            n++;
            misses = 0;
        } else {
            misses++;
        }
    }
    return n;
}

/* observed() -> {classes, bounds, buckets, sum, bytes, tlsFailures, memory, fds} */
static JSValue observed(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue obj = JS_NewObject(ctx);
    wq_put(ctx, obj, "classes", numbers(ctx, seen.by_class, countof(seen.by_class)));
    wq_put(ctx, obj, "bounds", numbers(ctx, bounds, countof(bounds)));
    wq_put(ctx, obj, "buckets", numbers(ctx, seen.buckets, countof(seen.buckets)));
    wq_put(ctx, obj, "sum", JS_NewFloat64(ctx, seen.sum));
    wq_put(ctx, obj, "bytes", JS_NewFloat64(ctx, seen.bytes));
    wq_put(ctx, obj, "tlsFailures", JS_NewFloat64(ctx, seen.tls_failures));
    wq_put(ctx, obj, "fds", JS_NewInt32(ctx, count_fds()));
    wq_put(ctx, obj, "memory", JS_NewFloat64(ctx, __builtin_wasm_memory_size(0) * 65536.0));
    return obj;
}

const JSCFunctionListEntry wq_http_observe_funcs[] = {
    JS_CFUNC_DEF("observe", 2, observe),
    JS_CFUNC_DEF("observed", 0, observed),
};
const int wq_http_observe_funcs_len = countof(wq_http_observe_funcs);
