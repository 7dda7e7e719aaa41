package boundary

func bytes(ptr, n int) Span       { return Span{ptr, counted, n, 1} }
func array(ptr, n, unit int) Span { return Span{ptr, counted, n, uint32(unit)} }
func size(ptr, n int) Span        { return Span{ptr, fixed, n, 0} }
func result(ptr int) Span         { return Span{ptr, returned, 0, 1} }
func results(ptr, unit int) Span  { return Span{ptr, returned, 0, uint32(unit)} }
func reply(ptr, room int) Span    { return Span{ptr, delivered, room, 0} }
func upTo(ptr, used int) Span     { return Span{ptr, stored, used, 0} }
func gather(ptr, n int) Span      { return Span{ptr, vector, n, 0} }
func scatter(ptr, n, used int) Span {
	return Span{ptr, filled, n, uint32(used)}
}

func in(s ...Span) []Span  { return s }
func out(s ...Span) []Span { return s }

// Sizes of structures that cross: wq_addr and wq_pollfd of wasm/shim/wqjs.h, the
// others of WASI preview 1.
const (
	addr    = 128
	pollFD  = 12
	fdstat  = 24
	filstat = 64
	sub     = 48
	event   = 32
)

// all are the imports of wasm/imports.txt.
var all = []*Func{
	{Module: "wasi_snapshot_preview1", Name: "clock_time_get", Params: "iIi", Out: out(size(2, 8))},
	{Module: "wasi_snapshot_preview1", Name: "environ_get", Params: "ii"}, // there is no environment of WASI
	{Module: "wasi_snapshot_preview1", Name: "environ_sizes_get", Params: "ii", Out: out(size(0, 4), size(1, 4))},
	{Module: "wasi_snapshot_preview1", Name: "fd_close", Params: "i"},
	{Module: "wasi_snapshot_preview1", Name: "fd_fdstat_get", Params: "ii", Out: out(size(1, fdstat))},
	{Module: "wasi_snapshot_preview1", Name: "fd_fdstat_set_flags", Params: "ii"},
	{Module: "wasi_snapshot_preview1", Name: "fd_filestat_get", Params: "ii", Out: out(size(1, filstat))},
	{Module: "wasi_snapshot_preview1", Name: "fd_pread", Params: "iiiIi", Always: true, Out: out(scatter(1, 2, 4), size(4, 4))},
	{Module: "wasi_snapshot_preview1", Name: "fd_prestat_dir_name", Params: "iii", Out: out(bytes(1, 2))},
	{Module: "wasi_snapshot_preview1", Name: "fd_prestat_get", Params: "ii", Out: out(size(1, 8))},
	{Module: "wasi_snapshot_preview1", Name: "fd_read", Params: "iiii", Always: true, Out: out(scatter(1, 2, 3), size(3, 4))},
	{Module: "wasi_snapshot_preview1", Name: "fd_readdir", Params: "iiiIi", Out: out(upTo(1, 4), size(4, 4))},
	{Module: "wasi_snapshot_preview1", Name: "fd_seek", Params: "iIii", Out: out(size(3, 8))},
	{Module: "wasi_snapshot_preview1", Name: "fd_write", Params: "iiii", In: in(gather(1, 2)), Out: out(size(3, 4))},
	{Module: "wasi_snapshot_preview1", Name: "path_create_directory", Params: "iii", In: in(bytes(1, 2))},
	{Module: "wasi_snapshot_preview1", Name: "path_filestat_get", Params: "iiiii", In: in(bytes(2, 3)), Out: out(size(4, filstat))},
	{Module: "wasi_snapshot_preview1", Name: "path_filestat_set_times", Params: "iiiiIIi", In: in(bytes(2, 3))},
	{Module: "wasi_snapshot_preview1", Name: "path_open", Params: "iiiiiIIii", In: in(bytes(2, 3)), Out: out(size(8, 4))},
	{Module: "wasi_snapshot_preview1", Name: "path_readlink", Params: "iiiiii", In: in(bytes(1, 2)), Out: out(upTo(3, 5), size(5, 4))},
	{Module: "wasi_snapshot_preview1", Name: "path_remove_directory", Params: "iii", In: in(bytes(1, 2))},
	{Module: "wasi_snapshot_preview1", Name: "path_rename", Params: "iiiiii", In: in(bytes(1, 2), bytes(4, 5))},
	{Module: "wasi_snapshot_preview1", Name: "path_unlink_file", Params: "iii", In: in(bytes(1, 2))},
	{Module: "wasi_snapshot_preview1", Name: "poll_oneoff", Params: "iiii", Always: true, In: in(array(0, 2, sub)), Out: out(array(1, 2, event), size(3, 4))},
	{Module: "wasi_snapshot_preview1", Name: "proc_exit", Params: "i"},
	{Module: "wasi_snapshot_preview1", Name: "random_get", Params: "ii", Out: out(bytes(0, 1))},
	{Module: "wqjs_call", Name: "call", Params: "iiiii", In: in(bytes(2, 3)), Out: out(reply(2, 4))},
	{Module: "wqjs_call", Name: "release", Params: "i"},
	{Module: "wqjs_call", Name: "result", Params: "iii", Out: out(reply(1, 2))},
	{Module: "wqjs_call", Name: "start", Params: "i"},
	{Module: "wqjs_codec", Name: "decode", Params: "iiiii", In: in(bytes(0, 1), bytes(2, 3))},
	{Module: "wqjs_codec", Name: "digest", Params: "iiiiii", In: in(bytes(1, 2), bytes(3, 4)), Out: out(result(5))},
	{Module: "wqjs_codec", Name: "encoder_close", Params: "i"},
	{Module: "wqjs_codec", Name: "encoder_open", Params: "iii", In: in(bytes(0, 1))},
	{Module: "wqjs_codec", Name: "encoder_write", Params: "iiii", In: in(bytes(1, 2))},
	{Module: "wqjs_codec", Name: "names", Params: ""},
	{Module: "wqjs_core", Name: "arg", Params: "i"},
	{Module: "wqjs_core", Name: "detail", Params: "ii", Out: out(result(0))},
	{Module: "wqjs_core", Name: "env_used", Params: "ii", In: in(bytes(0, 1))},
	{Module: "wqjs_core", Name: "module_load", Params: "ii", In: in(bytes(0, 1))},
	{Module: "wqjs_core", Name: "module_resolve", Params: "iiii", In: in(bytes(0, 1), bytes(2, 3))},
	{Module: "wqjs_core", Name: "module_url", Params: "ii", In: in(bytes(0, 1))},
	{Module: "wqjs_core", Name: "sample", Params: "ii", In: in(bytes(0, 1))},
	{Module: "wqjs_core", Name: "take", Params: "ii", Out: out(result(0))},
	{Module: "wqjs_core", Name: "tick", Params: ""},
	{Module: "wqjs_event", Name: "handle_shutdown", Params: "i"},
	{Module: "wqjs_event", Name: "timer_ref", Params: "ii"},
	{Module: "wqjs_event", Name: "timer_start", Params: "iFi"},
	{Module: "wqjs_event", Name: "timer_stop", Params: "i"},
	{Module: "wqjs_event", Name: "unwatch", Params: "i"},
	{Module: "wqjs_event", Name: "watch", Params: "i"},
	{Module: "wqjs_event", Name: "watch_ref", Params: "ii"},
	{Module: "wqjs_name", Name: "lookup", Params: "iii", In: in(bytes(0, 1))},
	{Module: "wqjs_name", Name: "lookup_cancel", Params: "i"},
	{Module: "wqjs_name", Name: "lookup_result", Params: "i"},
	{Module: "wqjs_name", Name: "lookup_start", Params: "iiii", In: in(bytes(1, 2))},
	{Module: "wqjs_socket", Name: "accept", Params: "iii", Out: out(size(1, addr))},
	{Module: "wqjs_socket", Name: "bind", Params: "iiii", In: in(bytes(1, 2))},
	{Module: "wqjs_socket", Name: "close", Params: "i"},
	{Module: "wqjs_socket", Name: "connect", Params: "iiiii", In: in(bytes(1, 2))},
	{Module: "wqjs_socket", Name: "epoll_create1", Params: "i"},
	{Module: "wqjs_socket", Name: "epoll_ctl", Params: "iiii"},
	{Module: "wqjs_socket", Name: "epoll_wait", Params: "iiii", Out: out(results(1, pollFD))},
	{Module: "wqjs_socket", Name: "fcntl", Params: "iii"},
	{Module: "wqjs_socket", Name: "getpeername", Params: "ii", Out: out(size(1, addr))},
	{Module: "wqjs_socket", Name: "getsockname", Params: "ii", Out: out(size(1, addr))},
	{Module: "wqjs_socket", Name: "getsockopt", Params: "iiii", Out: out(size(3, 4))},
	{Module: "wqjs_socket", Name: "granted", Params: "i"},
	{Module: "wqjs_socket", Name: "granted_name", Params: "i"},
	{Module: "wqjs_socket", Name: "listen", Params: "ii"},
	{Module: "wqjs_socket", Name: "poll", Params: "iii", In: in(array(0, 1, pollFD)), Out: out(array(0, 1, pollFD))},
	{Module: "wqjs_socket", Name: "recv", Params: "iiii", Out: out(result(1))},
	{Module: "wqjs_socket", Name: "recvfrom", Params: "iiiii", Out: out(result(1), size(4, addr))},
	{Module: "wqjs_socket", Name: "send", Params: "iiii", In: in(bytes(1, 2))},
	{Module: "wqjs_socket", Name: "sendto", Params: "iiiiiii", In: in(bytes(1, 2), bytes(4, 5))},
	{Module: "wqjs_socket", Name: "setsockopt", Params: "iiii"},
	{Module: "wqjs_socket", Name: "shutdown", Params: "ii"},
	{Module: "wqjs_socket", Name: "socket", Params: "iii"},
	{Module: "wqjs_socket", Name: "socketpair", Params: "iiii", Out: out(size(3, 8))},
	{Module: "wqjs_tls", Name: "context", Params: "ii", In: in(bytes(0, 1))},
	{Module: "wqjs_tls", Name: "handshake", Params: "i"},
	{Module: "wqjs_tls", Name: "handshake_result", Params: "i"},
	{Module: "wqjs_tls", Name: "handshake_start", Params: "ii"},
	{Module: "wqjs_tls", Name: "info", Params: "i"},
	{Module: "wqjs_tls", Name: "wrap", Params: "iiii", In: in(bytes(2, 3))},
}

var byName = func() map[string]*Func {
	m := map[string]*Func{}
	for i, f := range all {
		f.index = i
		m[f.String()] = f
	}
	return m
}()

// All are the imports, in an order that stays.
func All() []*Func { return all }

// Find gives the import with a name as String gives it, or nil.
func Find(name string) *Func { return byName[name] }
