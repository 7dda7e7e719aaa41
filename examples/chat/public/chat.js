// The page: ?room=…&name=… choose a room and a name.
const query = new URLSearchParams(location.search);
const room = query.get('room') ?? 'lobby';
const name = query.get('name') ?? `guest ${Math.floor(Math.random() * 1000)}`;
const $ = (id) => document.getElementById(id);

function show({ name: from, text, at }) {
  const item = document.createElement('li');
  item.className = from === name ? 'own' : '';
  for (const [tag, value] of [['b', from], ['time', new Date(at).toLocaleTimeString()], ['p', text]]) {
    item.append(Object.assign(document.createElement(tag), { textContent: value }));
  }
  $('messages').append(item);
  item.scrollIntoView();
}

function state(value) {
  $('state').textContent = $('state').dataset.state = value;
}

let socket;
function connect(delay = 500) {
  socket = new WebSocket(`${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/rooms/${encodeURIComponent(room)}?name=${encodeURIComponent(name)}`);
  socket.onopen = () => {
    delay = 500;
    $('messages').replaceChildren(); // the room sends what was said
    state('connected');
  };
  socket.onmessage = ({ data }) => show(JSON.parse(data));
  socket.onclose = () => {
    state('connecting');
    setTimeout(connect, delay, Math.min(2 * delay, 10_000));
  };
}
connect();

const events = new EventSource(`/rooms/${encodeURIComponent(room)}/members`);
events.addEventListener('members', ({ data }) => {
  $('members').replaceChildren(
    ...JSON.parse(data).map((member) => Object.assign(document.createElement('li'), { textContent: member })),
  );
});

$('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (text === '' || socket.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  $('text').value = '';
});
