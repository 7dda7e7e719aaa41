/**
 * wqjs:dns: addresses of names, from the host's resolver, as the permissions
 * allow (--allow-resolve, or --allow-connect for the name).
 */

import { callSite } from 'wqjs:internal/errno';
import { checkFamily, checkHost, checkOptions, checkSignal } from 'wqjs:internal/net-options';
import { resolve } from 'wqjs:internal/resolve';

export function lookup(name, options = {}) {
  try {
    const { family = 0, all = false, signal } = checkOptions(options, 'lookup');
    return start(checkHost(name, 'lookup', 'the name'), {
      family: checkFamily(family, 'lookup'),
      all,
      signal: checkSignal(signal, 'lookup'),
      site: callSite(lookup),
    });
  } catch (error) {
    return Promise.reject(error);
  }
}

function start(name, { family, all, signal, site }) {
  return new Promise((fulfil, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = resolve(name, family, (error, addresses) => {
      signal?.removeEventListener('abort', onAbort);
      if (error !== null) {
        error.stack = site;
        reject(error);
      } else fulfil(all ? addresses : addresses[0]);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** All IPv4 addresses. */
export function resolve4(name, options = {}) {
  return lookup(name, { ...options, family: 4, all: true });
}

/** All IPv6 addresses. */
export function resolve6(name, options = {}) {
  return lookup(name, { ...options, family: 6, all: true });
}

export default { lookup, resolve4, resolve6 };
