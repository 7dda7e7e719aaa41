// Drives a browser over the Chrome DevTools Protocol: two pages of examples/chat
// talk to each other. Prints what they show.
const [, devtools, site] = scriptArgs;
const ws = new WebSocket(devtools);
const waiting = new Map();
let last = 0;

function command(method, params = {}, sessionId = undefined) {
  const { promise, resolve, reject } = Promise.withResolvers();
  waiting.set(++last, { resolve, reject });
  ws.send(JSON.stringify({ id: last, method, params, sessionId }));
  return promise;
}

ws.onmessage = ({ data }) => {
  const { id, result, error } = JSON.parse(data);
  const call = waiting.get(id);
  if (call === undefined) return; // an event
  waiting.delete(id);
  if (error) call.reject(new Error(error.message));
  else call.resolve(result);
};
await new Promise((resolve, reject) => {
  ws.onopen = resolve;
  ws.onerror = ({ error }) => reject(error);
});

async function open(name) {
  const { targetId } = await command('Target.createTarget', { url: `${site}/?room=r%20%C3%A9&name=${name}` });
  const { sessionId } = await command('Target.attachToTarget', { targetId, flatten: true });
  return sessionId;
}

// What an expression gives in a page once it is true. While the page is loaded
// there may be nothing to evaluate it in.
async function until(page, expression) {
  for (;;) {
    const { result } = await command('Runtime.evaluate', { expression, returnByValue: true }, page).catch(() => ({}));
    if (result?.value) return result.value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const isOpen = "document.getElementById('state')?.dataset.state === 'connected'";
const texts = (selector) => `[...document.querySelectorAll('${selector}')].map((e) => e.textContent).join()`;

const ada = await open('Ada');
await until(ada, isOpen);
const bob = await open('Bob');
await until(bob, isOpen);
console.log('members', await until(ada, `${texts('#members li')} === 'Ada,Bob' && ${texts('#members li')}`)); // by server-sent events
for (const [page, text] of [[ada, 'grüße €😀'], [bob, 'x'.repeat(1000)]]) {
  await until(page, `document.getElementById('text').value = ${JSON.stringify(text)}, document.getElementById('form').requestSubmit(), true`);
  await until(page === ada ? bob : ada, `${texts('#messages p')}.endsWith(${JSON.stringify(text)})`); // by WebSocket
}
console.log('messages', (await until(ada, texts('#messages p'))).length, await until(ada, texts('#messages b')));
ws.close();
