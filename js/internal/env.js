/** The environment, with the host told what is read of it. */

import { ownKeys } from 'wqjs:internal/globals/primordials';
import { envUsed } from 'wqjs:internal/native';
import { getenv as get, getenviron as all } from 'wqjs:internal/std';

export function getenv(name) {
  name = `${name}`;
  envUsed(name);
  return get(name);
}

export function getenviron() {
  const environment = all();
  const names = ownKeys(environment);
  for (let i = 0; i < names.length; i++) envUsed(names[i]);
  return environment;
}
