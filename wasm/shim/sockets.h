/* The pieces of the module wqjs:sockets. */
#ifndef WQJS_SOCKETS_H
#define WQJS_SOCKETS_H
#include "wqjs.h"

#define FN(name) static JSValue name(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)

extern const JSCFunctionListEntry wq_socket_funcs[];
extern const int wq_socket_funcs_len;
extern const JSCFunctionListEntry wq_poll_funcs[];
extern const int wq_poll_funcs_len;
extern const JSCFunctionListEntry wq_socket_consts[];
extern const int wq_socket_consts_len;
/* Non-throwing variants, exported by wqjs:internal/native. */
extern const JSCFunctionListEntry wq_try_funcs[];
extern const int wq_try_funcs_len;
/* tls_* */
extern const JSCFunctionListEntry wq_tls_funcs[];
extern const int wq_tls_funcs_len;
extern const JSCFunctionListEntry wq_tls_native_funcs[];
extern const int wq_tls_native_funcs_len;
/* parse_http_request */
extern const JSCFunctionListEntry wq_http_funcs[];
extern const int wq_http_funcs_len;

/* The bytes of a string, as UTF-8, or of a buffer (with offset and length). */
typedef struct {
    const uint8_t *ptr;
    size_t len;
    const char *str; /* to free, if not NULL */
} wq_payload;

/* False with a pending exception. ptr is valid until JavaScript runs again. */
bool wq_to_payload(JSContext *ctx, JSValueConst v, JSValueConst off, JSValueConst len, wq_payload *p);
void wq_payload_free(JSContext *ctx, wq_payload *p);

/* An fd argument: a TypeError unless it is a number, -1 if it cannot be an fd. */
bool wq_to_fd(JSContext *ctx, JSValueConst v, int32_t *fd);

/* A number argument; undefined, null or left out is dflt. Other types are
 * mistakes that would pass for 0. */
bool wq_to_int(JSContext *ctx, JSValueConst v, int32_t *out, int32_t dflt);

/* A port, 0 when left out. */
bool wq_to_port(JSContext *ctx, JSValueConst v, int32_t *port);

/* Forgets the start of a character that a text recv kept. */
void wq_tail_clear(int32_t fd);

/* Defines address, port and family on obj. */
JSValue wq_addr_props(JSContext *ctx, JSValue obj, const wq_addr *a);

#endif
