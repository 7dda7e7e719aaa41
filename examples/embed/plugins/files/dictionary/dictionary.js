import { loadFile } from 'std';

const words = JSON.parse(loadFile(`${import.meta.dirname}/words.json`));

export const lookup = (word) => words[word];
