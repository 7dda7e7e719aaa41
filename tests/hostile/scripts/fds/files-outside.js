// Files outside of what was granted.
// expect: ok
// with: module
import { open, loadFile } from 'std';
for (const f of ['/etc/passwd', '../../../../etc/passwd', '/proc/self/environ', '/proc/self/mem', 'file/../../../etc/passwd', '/dev/zero', './/..//..//etc/passwd', '/etc/passwd\0'])
  if (open(f, 'r') || loadFile(f) !== null) throw new Error('read ' + f);
