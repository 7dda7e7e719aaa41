// Modules that wait for each other at the top level.
// expect: unsettled
// with: module
await import('./_waits.js');
export { };
