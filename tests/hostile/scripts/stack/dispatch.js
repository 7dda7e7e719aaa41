// An event that dispatches an event.
// expect: stack
const t = new EventTarget();
t.addEventListener('a', () => t.dispatchEvent(new Event('a')));
t.dispatchEvent(new Event('a'));
(function f() { f(); })();
