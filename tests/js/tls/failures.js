// What goes wrong with TLS arrives as an error with a code and a reason.
import { connect, listen } from 'wqjs:net';
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';
import { isPending, pair, readText, rejectsCode, sleep, text } from '../net/_util.js';
import { ca, certificate, client, server, withPair, withServer } from './_util.js';

// Connects to a server that is expected to be refused; gives both errors.
async function refused(serverTls, clientTls, host = '127.0.0.1') {
  return withServer(serverTls, async (listener, port) => {
    const accepted = listener.accept();
    const atClient = await connect({ host, port, tls: { ca, ...clientTls } }).then(
      async (conn) => {
        // TLS 1.3: the server's verdict on the client comes after the client's handshake
        const error = await conn.read().then(() => null, (e) => e);
        conn.close();
        return error;
      },
      (error) => error,
    );
    const conn = await accepted;
    const atServer = await conn.read().then(() => null, (error) => error);
    conn.close();
    return { atClient, atServer };
  });
}

function assertError(error, code, words) {
  assertEquals(error?.code, code, String(error));
  assert(error.message.includes(words), error.message);
}

for (const [what, serverTls, clientTls, words, alert] of [
  ['an expired certificate', certificate('expired'), {}, 'expired', 'bad certificate'],
  ['one that is not valid yet', certificate('future'), {}, 'not yet valid', 'bad certificate'],
  ['an unknown authority', certificate('stray'), {}, 'unknown authority', 'bad certificate'],
  ['another name', certificate('other'), { servername: 'localhost' }, 'not localhost', 'bad certificate'],
  ['another address', certificate('other'), {}, '127.0.0.1', 'bad certificate'],
]) {
  test(`the client refuses ${what}`, async () => {
    const { atClient, atServer } = await refused(serverTls, clientTls);
    assertError(atClient, 'ECERT', words);
    assert(atClient.message.startsWith('tls: '), atClient.message);
    assertEquals(atClient.address, '127.0.0.1');
    assertError(atServer, 'EPROTO', alert);
  });
}

test('the server refuses a client without a certificate', async () => {
  const { atClient, atServer } = await refused({ requestCert: true, ca }, {});
  assertError(atClient, 'EPROTO', 'certificate required');
  assertError(atServer, 'EPROTO', "client didn't provide a certificate");
});

test('no protocol in common', async () => {
  const { atClient, atServer } = await refused({ alpn: ['one'] }, { alpn: ['two'] });
  assertError(atClient, 'EPROTO', 'no application protocol');
  assertError(atServer, 'EPROTO', 'protocol');
});

test('no version in common', async () => {
  const { atClient, atServer } = await refused({ minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' });
  assertError(atClient, 'EPROTO', 'protocol version not supported');
  assertError(atServer, 'EPROTO', 'version');
});

test('plaintext and garbage sent to a TLS port', () =>
  withServer({}, async (listener, port) => {
    for (const bytes of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255)]) {
      const accepted = listener.accept();
      const conn = await connect({ host: '127.0.0.1', port });
      await conn.write(bytes);
      const peer = await accepted;
      const error = await assertRejects(() => peer.read());
      assertError(error, 'EPROTO', 'does not speak TLS');
      await rejectsCode(peer.write('x'), 'EPROTO', 'recv');
      assertEquals(peer.tls, null);
      conn.close();
    }
  }));

test('a server that does not speak TLS', async () => {
  const [a, b] = await pair();
  const handshake = a.startTls({ ca, servername: 'localhost' });
  await b.write('220 mail.test ready\r\n');
  assertError(await assertRejects(() => handshake), 'EPROTO', 'does not speak TLS');
  assertError(await assertRejects(() => a.read()), 'EPROTO', 'does not speak TLS');
  b.close();
});

test('a handshake that is cut off, by either side', async () => {
  const [a, b] = await pair();
  const handshake = a.startTls({ ca, servername: 'localhost' });
  await b.read();
  b.close();
  assertError(await assertRejects(() => handshake), 'ECONNRESET', 'handshake');
  a.close();
  await withServer({}, async (listener, port) => {
    const accepted = listener.accept();
    const conn = await connect({ host: '127.0.0.1', port });
    await conn.end(Uint8Array.of(22, 3, 1, 0, 200, 1, 0)); // the head of a ClientHello
    const peer = await accepted;
    assertError(await assertRejects(() => peer.read()), 'ECONNRESET', 'handshake');
    conn.close();
  });
});

test('a silent peer does not hold a handshake for ever', async () => {
  await withServer({ handshakeTimeout: 50 }, async (listener, port) => {
    const accepted = listener.accept();
    const conn = await connect({ host: '127.0.0.1', port });
    const peer = await accepted;
    assertError(await assertRejects(() => peer.handshake()), 'ETIMEDOUT', '50ms');
    assertEquals(await conn.read(), null);
    conn.close();
    peer.close();
  });
  const quiet = listen({ host: '127.0.0.1' });
  const { port } = quiet.addr;
  await rejectsCode(connect({ host: '127.0.0.1', port, timeout: 50, tls: { ca } }), 'ETIMEDOUT', 'connect');
  const abort = new AbortController();
  const attempt = connect({ host: '127.0.0.1', port, signal: abort.signal, tls: true });
  assert(await isPending(attempt));
  abort.abort(new Error('enough'));
  assertEquals((await assertRejects(() => attempt)).message, 'enough');
  quiet.close();
});

test('close ends a handshake', async () => {
  const [a, b] = await pair();
  const handshake = a.startTls({ ca, servername: 'localhost' });
  a.close();
  await rejectsCode(handshake, 'ECANCELED', 'tls_handshake');
  b.close();
});

test('an end without goodbye is told from a real one', async () => {
  // Between the two ends of TLS the script relays, and cuts the line.
  const [x, y] = s.socketpair();
  const [left, right] = s.socketpair();
  s.tls_wrap(x, { ca }, 'localhost');
  s.tls_wrap(right, { ...server, isServer: true });
  const a = await connect({ fd: y });
  const b = await connect({ fd: left });
  const copy = async (from, to) => {
    try {
      for await (const chunk of from) await to.write(chunk);
    } catch {}
  };
  const copies = [copy(a, b), copy(b, a)];
  const client = await connect({ fd: x });
  const peer = await connect({ fd: right });
  await client.write('some');
  assertEquals(text(await peer.read()), 'some');
  const waits = peer.read();
  a.close();
  b.close();
  await Promise.all(copies);
  assertError(await assertRejects(() => waits), 'ECONNRESET', 'without saying so');
  client.close();
});

test('the end of a peer that closed properly is no error, also after it read nothing', () =>
  withPair(async (a, b) => {
    await a.write('bye');
    a.close();
    assertEquals(await readText(b), 'bye');
  }));

test('options that make no sense', async () => {
  const [a, b] = await pair();
  const bad = (options, words, code = 'EINVAL') => {
    const error = assertThrows(() => s.tls_context(options));
    assertEquals(error.code, code, error.message);
    assert(error.message.includes(words), error.message);
  };
  bad({ isServer: true }, 'needs cert and key');
  bad({ cert: server.cert }, 'each cert needs its key');
  bad({ ...server, key: client.key }, 'private key does not match');
  bad({ cert: 'no PEM', key: 'no PEM' }, 'cert and key');
  bad({ ca: 'no PEM' }, 'no certificate in PEM form');
  bad({ minVersion: 'TLSv1' }, 'TLSv1.2 or TLSv1.3');
  bad({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, 'below');
  bad({ rejectUnauthorized: 0 }, 'true or false');
  bad({ alpn: [''] }, 'alpn');
  bad({ handshakeTimeout: -1 }, 'handshakeTimeout');
  bad({ requestCert: true }, 'for servers');
  bad({ ...server, isServer: true, requestCert: true }, 'needs ca');
  bad({ ...server, isServer: true, ca }, 'requestCert');
  for (const options of [undefined, 5, 'x']) assertThrows(() => s.tls_context(options), TypeError);
  assertThrows(() => s.tls_context({ ca: new Uint8Array(2 << 20) }), RangeError);
  assertThrows(() => s.tls_context({ alpn: [['a']] }), TypeError);
  assertThrows(() => s.tls_context({ certs: 'x' }), TypeError);
  assertThrows(() => s.tls_context({ get ca() { throw new SyntaxError('mine'); } }), SyntaxError);
  await rejectsCode(a.startTls({ ca }), 'EINVAL', 'tls_wrap'); // no servername
  assertEquals(assertThrows(() => s.tls_wrap(a.fd, b.fd)).code, 'EINVAL'); // no context
  assertEquals(assertThrows(() => s.tls_handshake(a.fd)).code, 'EINVAL');
  assertEquals(assertThrows(() => s.tls_info(a.fd)).code, 'EINVAL');
  const lone = s.socket();
  assertEquals(assertThrows(() => s.tls_wrap(lone, {}, 'x')).code, 'ENOTCONN');
  s.close(lone);
  const udp = s.socket(s.AF_INET, s.SOCK_DGRAM);
  assertEquals(assertThrows(() => s.tls_wrap(udp, {}, 'x')).code, 'EPROTOTYPE');
  s.close(udp);
  assertEquals(assertThrows(() => s.tls_wrap(99999, {}, 'x')).code, 'EBADF');
  assertThrows(() => listen({ host: '127.0.0.1', tls: true }), TypeError);
  assertThrows(() => listen({ host: '127.0.0.1', tls: {} }));
  await assertRejects(() => connect({ port: 1, tls: 'yes' }), TypeError);
  a.close();
  b.close();
});

test('large transfers both ways at once, with a slow reader', () =>
  withPair(async (a, b) => {
    const size = 4 << 20;
    const block = Uint8Array.from({ length: 65536 }, (_, i) => (i * 31 + (i >> 8)) & 255);
    const sendAll = async (conn) => {
      for (let at = 0; at < size; at += block.length) await conn.write(block);
      await conn.end();
    };
    const check = async (conn, pause) => {
      let at = 0;
      for await (const chunk of conn) {
        for (let i = 0; i < chunk.length; i += 97) {
          if (chunk[i] !== block[(at + i) & 65535]) throw new Error(`wrong byte at ${at + i}`);
        }
        at += chunk.length;
        if (pause && at % 7 === 0) await sleep(1);
      }
      return at;
    };
    const [, , x, y] = await Promise.all([sendAll(a), sendAll(b), check(a, false), check(b, true)]);
    assertEquals([x, y], [size, size]);
  }));
