// A listener that dispatches the event again.
// expect: interrupted
const t = new EventTarget();
t.addEventListener('a', () => { for (;;); });
t.dispatchEvent(new Event('a'));
