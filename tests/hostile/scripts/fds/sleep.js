// Sleeps for years.
// expect: interrupted
// with: module
import { sleep } from 'os';
for (;;) try { sleep(1e9); } catch { }
