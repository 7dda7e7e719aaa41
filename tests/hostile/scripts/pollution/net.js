// wqjs:net under poisoned prototypes: it denies what it must.
// expect: ok | throws EvalError
// with: module
import { connect } from 'wqjs:net';
import { poison } from './_poison.js';
poison();
let code = 'none';
try { await connect({ host: '10.0.0.1', port: 80 }); code = 'connected'; } catch (e) { code = e.code ?? e.name; }
if (code === 'connected') throw new Error('connected');
