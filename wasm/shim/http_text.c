/* Texts that responses need: of statuses, and of the present second. */
#include <string.h>
#include <time.h>
#include "http_server.h"

static const struct {
    uint16_t status;
    const char *text;
} texts[] = {
    { 100, "Continue" }, { 101, "Switching Protocols" }, { 102, "Processing" }, { 103, "Early Hints" },
    { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 203, "Non-Authoritative Information" },
    { 204, "No Content" }, { 205, "Reset Content" }, { 206, "Partial Content" }, { 207, "Multi-Status" },
    { 208, "Already Reported" }, { 226, "IM Used" },
    { 300, "Multiple Choices" }, { 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" },
    { 304, "Not Modified" }, { 305, "Use Proxy" }, { 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
    { 400, "Bad Request" }, { 401, "Unauthorized" }, { 402, "Payment Required" }, { 403, "Forbidden" },
    { 404, "Not Found" }, { 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" }, { 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" },
    { 411, "Length Required" }, { 412, "Precondition Failed" }, { 413, "Payload Too Large" }, { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" }, { 417, "Expectation Failed" },
    { 418, "I'm a Teapot" }, { 421, "Misdirected Request" }, { 422, "Unprocessable Entity" }, { 423, "Locked" },
    { 424, "Failed Dependency" }, { 425, "Too Early" }, { 426, "Upgrade Required" }, { 428, "Precondition Required" },
    { 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" }, { 451, "Unavailable For Legal Reasons" },
    { 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
    { 503, "Service Unavailable" }, { 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
    { 506, "Variant Also Negotiates" }, { 507, "Insufficient Storage" }, { 508, "Loop Detected" },
    { 509, "Bandwidth Limit Exceeded" }, { 510, "Not Extended" }, { 511, "Network Authentication Required" },
};

const char *http_status_text(int status)
{
    for (size_t i = 0; i < countof(texts); i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "Unknown";
}

JSValue http_status_codes(JSContext *ctx)
{
    JSValue obj = JS_NewObject(ctx);
    for (size_t i = 0; i < countof(texts); i++)
        JS_DefinePropertyValueUint32(ctx, obj, texts[i].status, JS_NewString(ctx, texts[i].text), JS_PROP_C_W_E);
    return obj;
}

static char date_line[HTTP_DATE_ROOM];
static uint32_t date_len; /* 0: to be made */

void http_date_stale(void) { date_len = 0; }

static void make_date(void)
{
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    date_len = strftime(date_line, sizeof(date_line), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
}

size_t http_date_line(char *p)
{
    if (!date_len)
        make_date();
    memcpy(p, date_line, date_len);
    return date_len;
}
