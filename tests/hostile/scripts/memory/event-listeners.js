// Listeners without end.
// expect: out of memory | interrupted
for (const t = new EventTarget(); ;) t.addEventListener('a', () => {});
