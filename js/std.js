// The module std as QuickJS users know it, over WASI and the granted folders.
export * from 'wqjs:internal/std';
export { exit } from 'wqjs:internal/native';
