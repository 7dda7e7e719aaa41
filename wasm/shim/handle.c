/* Handles: values of JavaScript that the host holds. */
#include <stdlib.h>
#include "value.h"

typedef struct {
    JSValue value; /* JS_UNINITIALIZED: free */
    uint32_t next; /* free list */
    uint16_t gen;  /* makes an id of a freed slot stale */
} handle;

static handle *handles;
static uint32_t handles_len, handles_cap, handles_live, handles_limit = WQ_MAX_HANDLES;
static uint32_t handles_free = UINT32_MAX;

/* An id is generation:11 | index:20, plus one: never 0. */
#define HANDLE_BITS 20

uint32_t wq_handle_new(JSContext *ctx, JSValueConst v)
{
    uint32_t i = handles_free;
    if (handles_live >= handles_limit)
        return 0;
    if (i != UINT32_MAX) {
        handles_free = handles[i].next;
    } else {
        if (handles_len == handles_cap) {
            uint32_t cap = handles_cap ? handles_cap * 2 : 64;
            handle *n = realloc(handles, cap * sizeof(*n));
            if (!n)
                return 0;
            handles = n;
            handles_cap = cap;
        }
        i = handles_len++;
        handles[i].gen = 0;
    }
    handles_live++;
    handles[i].value = JS_DupValue(ctx, v);
    return ((uint32_t)(handles[i].gen & 0x7ff) << HANDLE_BITS | i) + 1;
}

static handle *handle_find(uint32_t id)
{
    uint32_t i = --id & (WQ_MAX_HANDLES - 1);
    if (i >= handles_len || JS_VALUE_GET_TAG(handles[i].value) == JS_TAG_UNINITIALIZED ||
        id >> HANDLE_BITS != (handles[i].gen & 0x7ff))
        return NULL;
    return &handles[i];
}

JSValue wq_handle_get(JSContext *ctx, uint32_t id)
{
    handle *h = handle_find(id);
    return h ? JS_DupValue(ctx, h->value) : JS_ThrowReferenceError(ctx, "the host gave up this value");
}

void wq_handle_drop(JSContext *ctx, uint32_t id)
{
    handle *h = handle_find(id);
    JSValue v;
    if (!h)
        return;
    v = h->value;
    h->value = JS_UNINITIALIZED;
    h->gen++;
    h->next = handles_free;
    handles_free = h - handles;
    handles_live--;
    JS_FreeValue(ctx, v);
}

void wq_handles_drop(JSContext *ctx)
{
    for (uint32_t i = 0; i < handles_len; i++)
        wq_handle_drop(ctx, ((uint32_t)(handles[i].gen & 0x7ff) << HANDLE_BITS | i) + 1);
}

void wq_handles_limit(uint32_t limit)
{
    handles_limit = limit < WQ_MAX_HANDLES ? limit : WQ_MAX_HANDLES;
}
