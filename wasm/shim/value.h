/* The value codec: how JavaScript values cross between guest and host.
 *
 * A value is a tag byte and what the tag says, little-endian, unaligned:
 *
 *   UNDEFINED NULL FALSE TRUE   nothing
 *   INT                         i32
 *   FLOAT, DATE                 f64 (DATE: milliseconds since 1970)
 *   STRING, BYTES, BIGINT, JSON u32 length and as many bytes: UTF-8, raw,
 *                               hexadecimal digits with an optional '-', UTF-8 and a NUL
 *   ARRAY, SET                  u32 count and as many values
 *   OBJECT                      u32 count of pairs: u32 length, UTF-8 key; value
 *   MAP                         u32 count of pairs: value; value
 *   ERROR                       texts name, message, stack, code, each u32 length and
 *                               UTF-8; u32 handle or 0; u32 the host's error or 0
 *   REF                         u32 handle; u8 kind (wq_ref_kind)
 *   FUNC                        to the guest only: u32 the host's function; u8 flags,
 *                               parameters, length; u32 mask; u32 length, UTF-8 name
 *   ITER                        to the guest only, an asynchronous iterator: u32 count of
 *                               methods: u32 length, UTF-8 name; FUNC with its tag
 *
 * host/wire.go has the same list. Both sides treat the bytes as hostile. */
#ifndef WQJS_VALUE_H
#define WQJS_VALUE_H

#include "wqjs.h"

enum {
    TAG_UNDEFINED, TAG_NULL, TAG_FALSE, TAG_TRUE, TAG_INT, TAG_FLOAT, TAG_STRING, TAG_BYTES, TAG_DATE,
    TAG_BIGINT, TAG_ARRAY, TAG_OBJECT, TAG_MAP, TAG_SET, TAG_ERROR, TAG_REF, TAG_FUNC, TAG_ITER, TAG_JSON,
};

typedef enum {
    REF_OBJECT, REF_ARRAY, REF_FUNCTION, REF_PROMISE, REF_MAP, REF_SET, REF_SYMBOL,
} wq_ref_kind;

/* Why a value did not fit; host/wire.go has the same list. */
typedef enum {
    FAULT_NONE, FAULT_CYCLE, FAULT_DEPTH, FAULT_SIZE, FAULT_HANDLES, FAULT_MALFORMED,
} wq_fault;

#define WQ_MAX_DEPTH 128          /* of nested arrays and objects */
#define WQ_MAX_VALUES (4 << 20)   /* in one message */
#define WQ_MAX_MESSAGE (64 << 20) /* bytes */
#define WQ_MAX_HANDLES (1 << 20)

/* A writer grows from a buffer of its own to the heap. While a getter runs, it
 * holds no pointer into anything of JavaScript's. */
typedef struct {
    uint8_t *buf;
    uint32_t len, cap;
    uint32_t values;
    int32_t depth;
    wq_fault fault;
    void *path[WQ_MAX_DEPTH]; /* the objects being written, for cycles */
    uint8_t own[512];
} wq_writer;

void wq_writer_init(wq_writer *w);
void wq_writer_free(wq_writer *w);
/* Appends v; deep copies what is in it, otherwise objects become handles. False
 * with a pending exception; when the value did not fit, w->fault tells why. May
 * run script code (getters, proxies). */
bool wq_write(JSContext *ctx, wq_writer *w, JSValueConst v, bool deep);

typedef struct {
    const uint8_t *p, *end;
    int32_t depth;
} wq_reader;

bool wq_read_u8(JSContext *ctx, wq_reader *r, uint8_t *out);
bool wq_read_u32(JSContext *ctx, wq_reader *r, uint32_t *out);
/* A text or bytes: length and a pointer into the message. */
bool wq_read_text(JSContext *ctx, wq_reader *r, const char **p, uint32_t *len);
/* The next value; runs no script code. */
JSValue wq_read(JSContext *ctx, wq_reader *r);

/* value.c: intrinsics, taken before scripts can change them. */
enum { HELP_BIGINT, HELP_HEX, HELP_TIME, HELP_MAP_EACH, HELP_SET_EACH, HELP_MAP, HELP_SET, HELP_ITERATE, HELP_ITERATOR, WQ_HELPERS };
extern JSValue wq_helpers[WQ_HELPERS];
extern const char *const wq_fault_text[];

/* handle.c */
uint32_t wq_handle_new(JSContext *ctx, JSValueConst v); /* 0: too many, or no memory */
JSValue wq_handle_get(JSContext *ctx, uint32_t id);     /* throws */
void wq_handle_drop(JSContext *ctx, uint32_t id);
void wq_handles_drop(JSContext *ctx); /* all */
void wq_handles_limit(uint32_t limit);

/* path.c */
enum { WQ_MAX_PATH = 32 };

typedef struct {
    JSAtom atoms[WQ_MAX_PATH];
    uint32_t len;
} wq_path;

/* Reads a path before any script runs: the message is in a buffer that a call
 * within this one uses as well. */
bool wq_path_read(JSContext *ctx, wq_reader *r, bool dotted, wq_path *p);
/* Walks from base, which it frees, along the first n names; *owner is what the last was read from. */
JSValue wq_path_walk(JSContext *ctx, JSValue base, bool global, const wq_path *p, uint32_t n, JSValue *owner);
void wq_path_free(JSContext *ctx, wq_path *p);

/* go.c */
JSValue wq_go_function(JSContext *ctx, wq_reader *r);
int wq_go_error_set(JSContext *ctx, JSValueConst error, uint32_t id);
uint32_t wq_go_error_get(JSContext *ctx, JSValueConst error);
JSValue wq_throw_interrupted(JSContext *ctx);

/* An object that is its own asynchronous iterator, without methods yet. */
JSValue wq_new_iterator(JSContext *ctx);
/* v's asynchronous iterator, or the other one; runs script code. */
JSValue wq_iterate(JSContext *ctx, JSValueConst v);
/* call.c: where the host puts a small message. */
void *wq_inbox(uint32_t *size);
int wq_init_values(JSContext *ctx);

#endif
