let greeted = 0;

export function transform(text) {
  return `${text}, please (${++greeted})`;
}
