// What the programs share. They are plain ES2020, so that every engine runs
// them, and each compares its result with one that all engines must give:
// numbers that depend on the last bit of a transcendental function are not in it.

// random is a linear congruential generator of numbers in [0, 1).
function random(seed) {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 4294967296;
  };
}

// checksum is FNV-1a over the UTF-16 units of a string.
function checksum(text, h = 0x811c9dc5) {
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

function expect(name, got, want) {
  if (got !== want) throw new Error(name + ': got ' + got + ', want ' + want);
  return got;
}
