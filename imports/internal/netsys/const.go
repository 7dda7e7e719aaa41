package netsys

// Address families (Linux numbers, as all constants here).
const (
	AF_UNIX  = 1
	AF_INET  = 2
	AF_INET6 = 10
)

// Socket types.
const (
	SOCK_STREAM = 1
	SOCK_DGRAM  = 2
	SOCK_RAW    = 3
)

// Protocols (IANA's numbers, the same everywhere). TCP and IPV6 are option
// levels too.
const (
	IPPROTO_ICMP   = 1
	IPPROTO_TCP    = 6
	IPPROTO_UDP    = 17
	IPPROTO_IPV6   = 41
	IPPROTO_ICMPV6 = 58
)

// Options of level SOL_SOCKET (socket(7)).
const (
	SOL_SOCKET    = 1
	SO_REUSEADDR  = 2
	SO_TYPE       = 3 // read only
	SO_ERROR      = 4 // read only
	SO_BROADCAST  = 6
	SO_SNDBUF     = 7
	SO_RCVBUF     = 8
	SO_KEEPALIVE  = 9
	SO_LINGER     = 13 // SetLinger and Linger only
	SO_REUSEPORT  = 15 // spreads connections, as on Linux: SO_REUSEPORT_LB on FreeBSD
	SO_RCVTIMEO   = 20
	SO_SNDTIMEO   = 21
	SO_ACCEPTCONN = 30 // read only
	SO_DOMAIN     = 39 // read only
)

// Options of level IPPROTO_TCP (tcp(7)). The keep-alive ones are ENOPROTOOPT
// on OpenBSD and DragonFly BSD.
const (
	TCP_NODELAY   = 1
	TCP_KEEPIDLE  = 4
	TCP_KEEPINTVL = 5
	TCP_KEEPCNT   = 6
)

// Options of level IPPROTO_IPV6 (ipv6(7)).
const IPV6_V6ONLY = 26

// Message flags (send(2), recv(2)). MSG_DONTWAIT and MSG_NOSIGNAL are always
// on, given or not.
const (
	MSG_PEEK     = 0x2
	MSG_DONTWAIT = 0x40
	MSG_WAITALL  = 0x100
	MSG_NOSIGNAL = 0x4000
)

// Directions of Shutdown.
const (
	SHUT_RD   = 0
	SHUT_WR   = 1
	SHUT_RDWR = 2
)

// Readiness (epoll_ctl(2)). The low bits are also those of poll(2).
const (
	EPOLLIN      uint32 = 0x1
	EPOLLPRI     uint32 = 0x2
	EPOLLOUT     uint32 = 0x4
	EPOLLERR     uint32 = 0x8
	EPOLLHUP     uint32 = 0x10
	POLLNVAL     uint32 = 0x20 // Poll only: not an open descriptor
	EPOLLRDHUP   uint32 = 0x2000
	EPOLLONESHOT uint32 = 1 << 30
	EPOLLET      uint32 = 1 << 31
)

const (
	// pollerResult is what an Event may hold, pollerInput what Add takes.
	pollerResult = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP
	pollerInput  = pollerResult | EPOLLONESHOT | EPOLLET
)
