// Sockets are opened and closed for ever.
// expect: interrupted
// with: module
import s from 'wqjs:sockets';
for (;;) s.close(s.socket(s.AF_INET, s.SOCK_STREAM, 0));
