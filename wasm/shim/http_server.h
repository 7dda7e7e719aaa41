/* The HTTP/1 server: one state machine per connection, from the fd's readiness
 * to the handler and from the response to the fd, without JavaScript between.
 *
 *   server     options, the listener, lists of its connections by what they wait for
 *   wq_conn    an fd, what came and is not parsed, what is to be sent
 *   exchange   a request and its response; JavaScript's two objects point to it
 *
 * A connection has one exchange at a time: what is pipelined waits unparsed, and
 * what is beyond a buffer waits in the kernel. */
#ifndef WQJS_HTTP_SERVER_H
#define WQJS_HTTP_SERVER_H
#include "http_parse.h"

typedef struct server server;
typedef struct wq_conn wq_conn;
typedef struct exchange exchange;

/* What a connection waits for: each has one timeout, so that a list in order of
 * arrival is in order of deadlines. */
enum { WAIT_NONE = -1, WAIT_HEAD, WAIT_IDLE, WAIT_BODY, WAIT_SEND, WAIT_LINGER, WAITS };

typedef struct {
    wq_conn *first, *last;
} conn_list;

struct server {
    JSContext *ctx;
    int32_t rc; /* the object's, and one for each connection in memory */
    JSValue self; /* the object; held while the server listens or has connections */
    bool rooted;
    JSValue handler, req_proto, res_proto;
    JSValue on_result, on_upgrade, on_idle; /* functions of the library */
    int32_t fd;                            /* listener, -1 */
    int32_t tls;                           /* context for what it accepts, -1 */
    bool upgrades;                         /* somebody wants upgraded connections */
    bool closing;                          /* no request after those in flight */
    bool half_open;                        /* peers that ended their side are answered */
    bool full;                             /* accepting stopped: too many connections, or no fds */
    bool touched;                          /* in the list of the turn */
    server *next_touched;
    int32_t timer, tick_ms;                /* timer is -1 without connections */
    uint32_t tick;
    uint32_t wait_ticks[WAITS], request_ticks;
    conn_list waits[WAITS], all;
    int32_t n_conns, max_conns, max_requests, max_fields;
    uint32_t max_head, max_url;
    uint64_t max_body;
    double n_accepted, n_requests;
};

struct wq_conn {
    server *s;
    exchange *x;
    JSValue req, res; /* of x */
    int32_t fd;       /* -1: closed */
    int32_t rc;
    uint8_t *in; /* what is not parsed, but for the time of a read */
    uint32_t in_len, in_cap;
    uint32_t in_seen; /* of in: no end of the headers here */
    uint8_t *out;     /* [out_pos, out_len) is to be sent */
    uint32_t out_pos, out_len, out_cap;
    uint64_t queued, sent; /* bytes, ever */
    uint32_t since_send;   /* sent since the deadline was set */
    exchange *finishing;   /* ended and listened to, not all sent */
    wq_conn *prev, *next;  /* in s->waits[wait] */
    wq_conn *all_prev, *all_next;
    wq_conn *next_dirty, *next_later;
    uint32_t deadline;
    int8_t wait;
    bool dirty, running, later;
    bool readable;  /* an event said so, and no read found otherwise since */
    bool full;      /* the kernel took no more */
    bool peer_ended;
    bool hung_up;   /* both ways, or by an error */
    bool last;      /* no request after the present one: then closed */
    bool unread;    /* closing at once would reset what was sent: linger */
    bool lingering; /* all is said: reading until the peer has noticed */
    bool soft;      /* not the kernel's: a short read does not mean that no more is there */
    bool secure;    /* TLS */
    uint32_t n_requests, lingered;
    uint16_t port;
    uint8_t addr_len;
    char addr[64];
};

enum { READ_NONE, READ_CHUNK, READ_BYTES, READ_TEXT };
enum { VAL_METHOD, VAL_URL, VAL_PATH, VAL_QUERY, VAL_HEADERS, VAL_BODY, VAL_RAW_HEADERS, VAL_TRAILERS,
       VAL_PARAMS, VAL_ROUTE, VAL_WALK, VAL_ORIGINAL, VALS }; /* the last ones are of routers */

typedef struct {
    char *at;
    uint32_t len, cap;
} text_buf;

typedef struct {
    uint32_t at, name_len, len; /* in hdr: "Name: value\r\n"; len 0: removed */
} res_header;

typedef struct {
    int64_t at, len;         /* of the file */
    uint32_t text, text_len; /* of part_text: goes before */
} file_part;

struct exchange {
    int32_t rc;
    wq_conn *c;
    bool live; /* the connection's present exchange */

    /* request */
    llhttp_t parser; /* of the body */
    wq_span url;
    wq_http_field *fields;
    int n_fields;
    char *trailer; /* "name\0value\0"... */
    uint32_t trailer_len, trailer_cap, n_trailers;
    uint8_t method, minor;
    bool in_trailer_name, expects, has_body, body_done, aborted, discard;
    JSValue values[VALS];
    uint32_t set; /* which of them a script assigned: bits */
    JSValue req_events, res_events; /* set by the library when somebody listens */
    JSValue req;                    /* held by the response's object */
    JSValue res;                    /* held by nobody, undefined when it is gone */
    bool body_read; /* somebody reads it, or did */
    uint8_t *body;  /* came and not read */
    size_t body_len, body_cap;
    uint64_t body_total, read_limit;
    uint32_t deadline, ext_bytes;
    uint64_t started; /* microseconds, when somebody observes */
    uint8_t reading;
    JSValue resolve, reject;
    const char *fail_code, *fail_reason;
    int fail_status;

    /* response */
    int status;
    JSValue message;
    text_buf hdr;
    res_header *headers;
    uint32_t n_headers, headers_cap;
    text_buf out_trailer;
    int64_t length, written; /* Content-Length: -1 when not set */
    bool keep_alive, asks_chunked, asks_close;
    bool head_sent, ended, chunked, no_body;
    JSValue drained, drained_resolve;
    uint32_t burst;
    int file; /* fd, -1 */
    bool own_file;
    int64_t file_at, file_left;
    file_part *parts; /* the pieces to come, [part, n_parts) */
    uint32_t part, n_parts;
    text_buf part_text;
    uint64_t end_mark; /* of the connection's bytes, where the response ends */
    exchange *next_finishing;
};

#define SEND_SOON (64 * 1024)      /* beyond, write() sends at once */
#define HIGH_WATER (256 * 1024)    /* beyond, write() gives a promise */
#define MAX_QUEUED (16 << 20)      /* beyond, write() throws */
#define BODY_AHEAD (64 * 1024)     /* beyond, an unread body stops the peer */
#define MAX_DISCARD (256 * 1024)   /* of a body nobody wants, to keep the connection */
#define BURST (1 << 20)            /* sent in one turn */

extern JSClassID wq_http_req_class, wq_http_res_class;

/* http_conn.c */
/* Takes fd over; NULL if it cannot be watched: it is closed then. */
wq_conn *conn_new(server *s, int32_t fd, const wq_addr *peer, bool soft);
void conn_release(wq_conn *c);
/* Closes the fd; an exchange in flight is aborted. */
void conn_close(wq_conn *c);
/* Something changed: the connection goes on at the end of this turn. */
void conn_touch(wq_conn *c);
void conn_run(wq_conn *c);
/* The connection had its share: it goes on in a later turn. */
void conn_later(wq_conn *c);
/* Sets the deadline, anew if the wait is the same. */
void conn_wait(wq_conn *c, int wait);
/* Ends a response whose request is complete, too. */
void conn_settle(wq_conn *c);
/* Sends what it can; false when the connection broke. */
bool conn_flush(wq_conn *c);
/* Room for n more bytes to send, or NULL without memory: the connection is closed. */
uint8_t *conn_room(wq_conn *c, size_t n);
/* Gives the fd away. */
int32_t conn_detach(wq_conn *c);

/* http_input.c */
/* Takes what it can of p, and answers: how much. budget is of requests. */
uint32_t conn_input(wq_conn *c, const uint8_t *p, uint32_t len, int *budget);
/* Answers with an error and then closes. */
void conn_refuse(wq_conn *c, int status);

/* http_exchange.c */
exchange *exchange_new(wq_conn *c, const wq_http *r); /* NULL without memory */
int exchange_objects(exchange *x, JSValue *req, JSValue *res);
void exchange_release(exchange *x);
/* The connection or the request broke: readers are told. */
void exchange_abort(exchange *x, int status, const char *code, const char *reason);
/* The peer will send no more, and may be gone. */
void exchange_peer_gone(exchange *x);
/* Calls the listeners of "close" and "finish". */
void exchange_emit(exchange *x, JSValueConst events, const char *name);
int wq_init_http_classes(JSContext *ctx);

/* http_body.c */
void body_begin(exchange *x);
void body_fail(exchange *x, int status, const char *code, const char *reason);
/* Hands what came to who waits for it. */
void body_serve(exchange *x);
bool body_wanted(const exchange *x);

/* http_native.c */
void server_accept(server *s);
void server_touch(server *s);
void server_gone(server *s); /* one connection less */
void server_release(server *s);
/* Calls a function of the library; what it throws ends with the turn. */
void server_call(server *s, JSValueConst func, int argc, JSValueConst *argv);

/* http_response.c */
void response_put_date(wq_conn *c);
void response_continue_100(exchange *x);
/* There is room again: settles the promise of write(). */
void response_drained(exchange *x);
/* The exchange of a response that has not ended; NULL: thrown. */
exchange *response_open(JSContext *ctx, JSValueConst this_val);
/* Whether so much more agrees with Content-Length; throws. */
bool response_fits(JSContext *ctx, exchange *x, size_t len, bool last);
/* Queues the head. body is the length of the whole body, or -1. */
bool response_head(JSContext *ctx, exchange *x, int64_t body);
/* Queues bytes as they are. */
bool response_text(exchange *x, const char *s, size_t len);
void response_finish(exchange *x);
/* Sends the head and the whole body, and ends the response. */
void response_whole(JSContext *ctx, exchange *x, const uint8_t *bytes, size_t len);

/* http_file.c */
/* Sends on from the file; false when it broke. */
bool response_continue(exchange *x);
void response_close_file(exchange *x);

/* http_text.c */
#define HTTP_DATE_ROOM 40
/* Writes "Date: ...\r\n" and gives its length. */
size_t http_date_line(char *p);
void http_date_stale(void);
const char *http_status_text(int status);
JSValue http_status_codes(JSContext *ctx);


/* http_observe.c */
extern bool http_observing;
uint64_t http_now(void);
/* A response is over; x is NULL for a request that was refused unread. */
void http_observe(const wq_conn *c, const exchange *x, int status);
/* A TLS connection is closed without a request: its handshake may have failed. */
void http_observe_secure(const wq_conn *c);

/* http_headers.c */
/* Room for n more bytes; NULL without memory. */
char *text_room(JSContext *ctx, text_buf *b, uint32_t n);
/* Appends "name: value\r\n" after checking both: its length, -1 with a pending
 * exception. */
int text_line(JSContext *ctx, text_buf *b, JSValueConst name, JSValueConst value, uint32_t *name_len);
/* Adds a line of the server's own; -1 with a pending exception. */
int header_add(JSContext *ctx, exchange *x, const char *name, const char *value, size_t len);
bool header_is_set(const exchange *x, const char *name);

/* Properties of requests and responses; inner ones are for the library only. */
#define HTTP_FUNCS(name)                       \
    extern const JSCFunctionListEntry name[]; \
    extern const int name##_len
HTTP_FUNCS(wq_http_req_funcs);
HTTP_FUNCS(wq_http_req_inner);
HTTP_FUNCS(wq_http_body_inner);
HTTP_FUNCS(wq_http_res_funcs);
HTTP_FUNCS(wq_http_res_inner);
HTTP_FUNCS(wq_http_file_inner);
HTTP_FUNCS(wq_http_header_funcs);
HTTP_FUNCS(wq_http_observe_funcs);
HTTP_FUNCS(wq_heap_funcs);
HTTP_FUNCS(wq_http_routing_props);
HTTP_FUNCS(wq_http_router_funcs);
HTTP_FUNCS(wq_http_whole_funcs);

/* http_router.c */
int wq_init_http_router(JSContext *ctx);

#endif
