// A proxy that is revoked while it is used.
// expect: ok
const { proxy, revoke } = Proxy.revocable([1, 2, 3], { get(t, k) { if (k === '1') revoke(); return t[k]; } });
try { proxy.map((x) => x); throw 1; } catch (e) { if (!(e instanceof TypeError)) throw e; }
