#include "sockets.h"
const JSCFunctionListEntry wq_http_funcs[] = { JS_PROP_INT32_DEF("HTTP_TBD", 0, 0) };
const int wq_http_funcs_len = 1;
int wq_init_module_http(JSContext *ctx) { (void)ctx; return 0; }
