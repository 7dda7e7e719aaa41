// A function that wants too much: see what its neighbours notice.
export default (req, res) => {
  if (req.url === '/loop') for (;;);
  const all = [];
  for (;;) all.push(new Uint8Array(1 << 20).fill(1));
};
