/* The shim: what stands between QuickJS and the host.
 *
 * Every import returns a value >= 0 or a negated errno in wasi-libc's
 * numbering (ABI rules: RATIONALE.md). Every export is called by the host
 * only, never re-entered from an import. There is one runtime and one context
 * in a wasm memory, so the shim keeps its state in one static struct. */
#ifndef WQJS_H
#define WQJS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "quickjs.h"

#define WQ_IMPORT(module, name) \
    __attribute__((import_module(module), import_name(name))) extern
#define WQ_EXPORT(name) __attribute__((export_name(name)))
#define countof(a) (sizeof(a) / sizeof((a)[0]))

/* Guest fds of the socket table start here, apart from WASI's file fds. */
#define WQ_FD_BASE 1000
#define WQ_FD_MAX 65536

/* Results of the exports that run JavaScript. */
enum {
    WQ_OK = 0,
    WQ_EXCEPTION = 1,   /* an error record is ready: wqjs_error */
    WQ_INTERRUPTED = 2, /* the interrupt flag ended the code */
    WQ_EXIT = 3,        /* std.exit: code in wqjs_exit_code */
    WQ_PENDING = 4,     /* the promise of the code or call is pending */
    WQ_FAULT = 5,       /* wqjs_op only: the result cannot cross (wq_fault) */
};

/* ---- imports ---- */

/* Text of the last failed import call (a denial's reason, a module's error);
 * reading it clears it. */
WQ_IMPORT("wqjs_core", "detail") int32_t wq_core_detail(char *ptr, int32_t cap);
/* Called by code that runs long, every few hundred microseconds, through
 * wq_tick: whether it is to stop, or to give a sample of the stack. Go can neither preempt wasm nor stop the world while it runs, so
 * without this a loop would freeze the process, timers and all. */
WQ_IMPORT("wqjs_core", "tick") int32_t wq_core_tick(void);
enum { WQ_TICK_STOP = 1, WQ_TICK_SAMPLE = 2 };
WQ_IMPORT("wqjs_core", "sample") int32_t wq_core_sample(const void *frames, int32_t len);
/* Resolve and load leave their result in the host; take copies it out. */
WQ_IMPORT("wqjs_core", "module_resolve")
int32_t wq_core_module_resolve(const char *base, int32_t base_len,
                               const char *spec, int32_t spec_len);
WQ_IMPORT("wqjs_core", "module_load")
int32_t wq_core_module_load(const char *name, int32_t name_len);
/* The file URL of a module's path: the host percent-encodes. */
WQ_IMPORT("wqjs_core", "module_url")
int32_t wq_core_module_url(const char *name, int32_t name_len);
/* Tells that the script reads an environment variable. */
WQ_IMPORT("wqjs_core", "env_used") int32_t wq_core_env_used(const char *name, int32_t len);
WQ_IMPORT("wqjs_core", "take") int32_t wq_core_take(void *ptr, int32_t cap);
/* Script arguments, one after the other: -ENOENT past the last. */
WQ_IMPORT("wqjs_core", "arg") int32_t wq_core_arg(int32_t index);

WQ_IMPORT("wqjs_event", "timer_start")
int32_t wq_event_timer_start(int32_t id, double delay_ms, int32_t repeat);
WQ_IMPORT("wqjs_event", "timer_stop") int32_t wq_event_timer_stop(int32_t id);
WQ_IMPORT("wqjs_event", "timer_ref")
int32_t wq_event_timer_ref(int32_t id, int32_t on);
/* Gives the generation that events of this watch have in b: those of another are
 * of an fd that was closed meanwhile, and whose number is used again. */
WQ_IMPORT("wqjs_event", "watch") int32_t wq_event_watch(int32_t fd);
WQ_IMPORT("wqjs_event", "unwatch") int32_t wq_event_unwatch(int32_t fd);
/* Whether an event of kind shutdown is wanted. */
WQ_IMPORT("wqjs_event", "handle_shutdown") int32_t wq_event_handle_shutdown(int32_t on);
WQ_IMPORT("wqjs_event", "watch_ref")
int32_t wq_event_watch_ref(int32_t fd, int32_t on);

/* An address as it crosses the ABI: the host formats and parses the text. */
typedef struct {
    uint16_t family;
    uint16_t port;
    uint16_t len;
    uint16_t reserved;
    char text[120];
} wq_addr;

typedef struct {
    int32_t fd;
    uint32_t events;
    uint32_t revents;
} wq_pollfd;

WQ_IMPORT("wqjs_socket", "socket") int32_t wq_socket(int32_t domain, int32_t type, int32_t protocol);
WQ_IMPORT("wqjs_socket", "socketpair") int32_t wq_socketpair(int32_t domain, int32_t type, int32_t protocol, int32_t *fds);
WQ_IMPORT("wqjs_socket", "bind") int32_t wq_bind(int32_t fd, const char *addr, int32_t len, int32_t port);
WQ_IMPORT("wqjs_socket", "listen") int32_t wq_listen(int32_t fd, int32_t backlog);
WQ_IMPORT("wqjs_socket", "accept") int32_t wq_accept(int32_t fd, wq_addr *peer, int32_t dontwait);
WQ_IMPORT("wqjs_socket", "connect") int32_t wq_connect(int32_t fd, const char *addr, int32_t len, int32_t port, int32_t dontwait);
WQ_IMPORT("wqjs_socket", "send") int32_t wq_send(int32_t fd, const void *ptr, int32_t len, int32_t flags);
WQ_IMPORT("wqjs_socket", "recv") int32_t wq_recv(int32_t fd, void *ptr, int32_t len, int32_t flags);
WQ_IMPORT("wqjs_socket", "sendto") int32_t wq_sendto(int32_t fd, const void *ptr, int32_t len, int32_t flags, const char *addr, int32_t alen, int32_t port);
WQ_IMPORT("wqjs_socket", "recvfrom") int32_t wq_recvfrom(int32_t fd, void *ptr, int32_t len, int32_t flags, wq_addr *from);
WQ_IMPORT("wqjs_socket", "shutdown") int32_t wq_shutdown(int32_t fd, int32_t how);
WQ_IMPORT("wqjs_socket", "close") int32_t wq_close(int32_t fd);
WQ_IMPORT("wqjs_socket", "setsockopt") int32_t wq_setsockopt(int32_t fd, int32_t level, int32_t opt, int32_t val);
WQ_IMPORT("wqjs_socket", "getsockopt") int32_t wq_getsockopt(int32_t fd, int32_t level, int32_t opt, int32_t *val);
WQ_IMPORT("wqjs_socket", "getsockname") int32_t wq_getsockname(int32_t fd, wq_addr *addr);
WQ_IMPORT("wqjs_socket", "getpeername") int32_t wq_getpeername(int32_t fd, wq_addr *addr);
WQ_IMPORT("wqjs_socket", "fcntl") int32_t wq_fcntl(int32_t fd, int32_t cmd, int32_t arg);
WQ_IMPORT("wqjs_socket", "poll") int32_t wq_poll(wq_pollfd *fds, int32_t n, int32_t timeout_ms);
WQ_IMPORT("wqjs_socket", "epoll_create1") int32_t wq_epoll_create1(int32_t flags);
WQ_IMPORT("wqjs_socket", "epoll_ctl") int32_t wq_epoll_ctl(int32_t epfd, int32_t op, int32_t fd, int32_t events);
WQ_IMPORT("wqjs_socket", "epoll_wait") int32_t wq_epoll_wait(int32_t epfd, wq_pollfd *out, int32_t max, int32_t timeout_ms);
/* The i-th granted fd (-ENOENT past the last) and its name, to be taken. */
WQ_IMPORT("wqjs_socket", "granted") int32_t wq_granted(int32_t index);
WQ_IMPORT("wqjs_socket", "granted_name") int32_t wq_granted_name(int32_t index);

/* A lookup leaves the addresses, NUL-separated, to be taken. */
WQ_IMPORT("wqjs_name", "lookup") int32_t wq_name_lookup(const char *name, int32_t len, int32_t family);
WQ_IMPORT("wqjs_name", "lookup_start") int32_t wq_name_lookup_start(int32_t id, const char *name, int32_t len, int32_t family);
WQ_IMPORT("wqjs_name", "lookup_cancel") int32_t wq_name_lookup_cancel(int32_t id);
WQ_IMPORT("wqjs_name", "lookup_result") int32_t wq_name_lookup_result(int32_t id);

/* Content codings and digests. An encoder's output is to be taken. */
WQ_IMPORT("wqjs_codec", "digest") int32_t wq_codec_digest(int32_t alg, const void *key, int32_t key_len, const void *ptr, int32_t len, uint8_t *out);
WQ_IMPORT("wqjs_codec", "names") int32_t wq_codec_names(void);
WQ_IMPORT("wqjs_codec", "encoder_open") int32_t wq_codec_encoder_open(const char *name, int32_t len, int32_t level);
WQ_IMPORT("wqjs_codec", "encoder_write") int32_t wq_codec_encoder_write(int32_t id, const void *ptr, int32_t len, int32_t mode);
WQ_IMPORT("wqjs_codec", "encoder_close") int32_t wq_codec_encoder_close(int32_t id);
WQ_IMPORT("wqjs_codec", "decode") int32_t wq_codec_decode(const char *name, int32_t name_len, const void *ptr, int32_t len, int32_t max);
/* A Go function: its arguments are the len bytes at ptr, and the reply is written
 * there when it has no more than cap bytes; a longer one is to be taken. */
WQ_IMPORT("wqjs_call", "call") int32_t wq_call_call(uint32_t fn, int32_t argc, void *ptr, int32_t len, int32_t cap);
/* Starts the asynchronous function called last as operation op; then its reply. */
WQ_IMPORT("wqjs_call", "start") int32_t wq_call_start(int32_t op);
WQ_IMPORT("wqjs_call", "result") int32_t wq_call_result(int32_t op, void *ptr, int32_t cap);
/* A function or error of the host is no longer used; safe in finalizers. */
WQ_IMPORT("wqjs_call", "release") int32_t wq_call_release(uint32_t id);

/* TLS: a context of encoded options is an fd; wrap puts the secured connection
 * in the place of fd. info leaves JSON to be taken. */
WQ_IMPORT("wqjs_tls", "context") int32_t wq_tls_context(const void *options, int32_t len);
WQ_IMPORT("wqjs_tls", "wrap") int32_t wq_tls_wrap(int32_t fd, int32_t context, const char *name, int32_t len);
WQ_IMPORT("wqjs_tls", "handshake") int32_t wq_tls_handshake(int32_t fd);
WQ_IMPORT("wqjs_tls", "handshake_start") int32_t wq_tls_handshake_start(int32_t id, int32_t fd);
WQ_IMPORT("wqjs_tls", "handshake_result") int32_t wq_tls_handshake_result(int32_t id);
WQ_IMPORT("wqjs_tls", "info") int32_t wq_tls_info(int32_t fd);

/* ---- shared between the shim's files ---- */

typedef struct {
    JSRuntime *rt;
    JSContext *ctx;
    int32_t exit_code;
    bool exiting;
    int32_t last_errno; /* of the last failed socket call: get_error() */
    int32_t in_go;      /* Go functions on the stack: exports called now are nested */
} wq_state;

extern wq_state wq;
extern volatile uint32_t wq_interrupt;

/* runtime.c: microtasks and errors. */
int32_t wq_drain(JSContext *ctx);
int32_t wq_take_exception(JSContext *ctx, bool in_promise);
/* Does not report a rejection that nobody handled so far. */
void wq_forget_rejection(JSContext *ctx, JSValueConst promise);

/* go.c */
int wq_init_calls(JSContext *ctx);

/* Throws an InternalError with code, errno, syscall (and address, port when
 * addr is not NULL) for a negated errno from an import. */
JSValue wq_throw_errno(JSContext *ctx, int32_t negated, const char *syscall,
                       const char *addr, int32_t port);
const char *wq_errno_name(int32_t err);

/* Defines obj.name; a value that could not be made (no memory) is undefined. */
void wq_put(JSContext *ctx, JSValueConst obj, const char *name, JSValue value);

/* Copies the host's pending bytes into a js_malloc'ed, NUL-ended buffer. */
char *wq_take(JSContext *ctx, int32_t len);

/* Lets the host in, gives it the sample it may ask for, and says whether to stop. */
bool wq_tick(void);

/* Captures the intrinsics that wq_bytes needs, before scripts can change them. */
int wq_init_bytes(JSContext *ctx);
/* A view of the bytes of an ArrayBuffer, typed array or DataView, narrowed by
 * optional offset and length arguments; false with a pending exception. The
 * pointer is valid until JavaScript runs again. */
bool wq_bytes(JSContext *ctx, JSValueConst v, JSValueConst off,
              JSValueConst len, bool writable, uint8_t **ptr, size_t *size);

/* The UTF-8 form of a string with lone surrogates replaced; free with
 * JS_FreeCString. */
/* The string of UTF-8 bytes, bad sequences replaced (WHATWG). */
JSValue wq_decode(JSContext *ctx, const uint8_t *p, size_t len);
/* The addresses of a name as an array of strings; throws. */
JSValue wq_lookup_sync(JSContext *ctx, JSValueConst name, int32_t family);
const char *wq_utf8(JSContext *ctx, JSValueConst v, size_t *len);
/* How many bytes at the end of p are the start of a sequence that may go on. */
size_t wq_utf8_tail(const uint8_t *p, size_t len);

int wq_init_module_native(JSContext *ctx);
int wq_init_module_sockets(JSContext *ctx);
void wq_init_loader(JSRuntime *rt);
JSValue wq_import_now(JSContext *ctx, const char *specifier);
int wq_module_set_meta(JSContext *ctx, JSModuleDef *m, bool is_main);

/* codec.c */
/* Bytes of a string in UTF-8 or of a buffer. */
typedef struct {
    const char *text; /* to be freed, when the value is a string */
    uint8_t *ptr;
    size_t len;
} wq_input;
/* Runs no script code: a string converts to itself, and no index is given. */
bool wq_get_input(JSContext *ctx, JSValueConst v, wq_input *in);
void wq_free_input(JSContext *ctx, wq_input *in);
/* The entity tag of a body as Express makes it, of its length and SHA-1: how long
 * it is, or a negated errno. */
#define WQ_TAG_MAX 64
int wq_entity_tag(const uint8_t *p, size_t len, bool weak, char *tag);
extern const JSCFunctionListEntry wq_codec_funcs[];
extern const int wq_codec_funcs_len;

/* image.c */
extern uint64_t wq_memory_limit;
extern uint32_t wq_heap_limit;
/* The Unix time of the start in milliseconds. */
double wq_time_origin(void);
void wq_room_for_atoms(JSContext *ctx);

/* event.c */
extern const JSCFunctionListEntry wq_event_funcs[];
extern const int wq_event_funcs_len;
int wq_dispatch_event(JSContext *ctx, int32_t kind, int32_t id, int32_t a, int32_t b);
/* Drops a watcher's callback; called when its fd is closed. */
void wq_event_forget(JSContext *ctx, int32_t fd);
/* As timerStart; -1 with a pending exception. */
int32_t wq_event_timer(JSContext *ctx, JSValueConst func, JSValueConst args, double delay, bool repeat);
void wq_event_timer_end(JSContext *ctx, int32_t id);
/* native(ctx, opaque, events) on every change of fd's readiness, without
 * JavaScript between, until the fd is closed or watched by another. Gives 0 or
 * a negated errno. */
typedef void (*wq_watch_fn)(JSContext *ctx, void *opaque, uint32_t events);
int32_t wq_event_watch_native(JSContext *ctx, int32_t fd, wq_watch_fn native, void *opaque);
int32_t wq_event_new_op(JSContext *ctx, JSValueConst callback);
void wq_event_drop_op(JSContext *ctx, int32_t id);

/* ws.c */
int wq_init_module_ws(JSContext *ctx);

/* http_native.c, http_conn.c */
int wq_init_module_http(JSContext *ctx);
/* What HTTP connections are to do at the end of a turn of the event loop, after
 * the microtasks: false when there was nothing. */
bool wq_http_turn(void);
/* heap.c: at the end of a turn, when no JavaScript runs. */
void wq_heap_check(void);
/* http_observe.c: writes out the access log. */
void http_log_flush(void);

#endif
