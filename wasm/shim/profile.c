/* Samples of the running JavaScript for the host's CPU profile, and its stack for
 * the messages of replays. */
#include <string.h>
#include "wqjs.h"

/* Frames, innermost first: line, first line of the function, lengths of name and
 * file, and these. What does not fit is left out. */
static struct {
    size_t len;
    char bytes[16 * 1024];
} record;

static bool add_frame(const JSFrameInfo *f, void *opaque)
{
    struct {
        uint32_t line, func_line;
        uint16_t name_len, file_len;
    } head = { f->line, f->func_line, strlen(f->name), strlen(f->file) };
    char *p = record.bytes + record.len;
    if (sizeof(record.bytes) - record.len < sizeof(head) + head.name_len + head.file_len)
        return false;
    memcpy(p, &head, sizeof(head));
    memcpy(p + sizeof(head), f->name, head.name_len);
    memcpy(p + sizeof(head) + head.name_len, f->file, head.file_len);
    record.len += sizeof(head) + head.name_len + head.file_len;
    return true;
}

/* Gives the host the stack. It runs no script and allocates nothing, so the host
 * may call it from any import. */
WQ_EXPORT("wqjs_trace") void wqjs_trace(void)
{
    record.len = 0;
    JS_WalkStack(wq.rt, add_frame, NULL);
    wq_core_sample(record.bytes, record.len);
}

bool wq_tick(void)
{
    int32_t r = wq_core_tick();
    if (r & WQ_TICK_SAMPLE)
        wqjs_trace();
    return r & WQ_TICK_STOP;
}
