// A proxy whose trap construct never returns.
// expect: interrupted
const p = new Proxy(function () {}, { construct() { for (;;); } });
new p();
