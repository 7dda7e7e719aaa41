// Waits before it exports.
await new Promise((resolve) => setTimeout(resolve, 20));
export const value = 'after a while';
globalThis.slowRuns = (globalThis.slowRuns ?? 0) + 1;
