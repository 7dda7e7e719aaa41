// A module that waits for who imports it.
await import('./module-deadlock.js');
