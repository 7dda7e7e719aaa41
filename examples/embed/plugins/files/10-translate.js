// Its own sandbox may read nothing. The dictionary has one that may.
import { lookup } from 'dictionary';

export async function transform(text) {
  const words = await Promise.all(text.split(' ').map(async (word) => await lookup(word) ?? word));
  return words.join(' ');
}
