// std.out is flooded.
// expect: output
// with: output=65536, module
import * as std from 'std';
for (;;) { std.out.puts('flood'); std.out.flush(); }
