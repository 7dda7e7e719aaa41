// Static files under poisoned prototypes: none from outside of the root.
// expect: ok | throws EvalError | throws TypeError
// with: module
import express from 'wqjs:express';
import { poison } from './_poison.js';
const app = express();
app.use('/f', express.static('.'));
const get = async (path) => (await app.request(path)).status;
if (await get('/f/file') !== 200) throw new Error('static does not work');
if (await get('/f/..%2f..%2fetc/passwd') === 200) throw new Error('left the root');
poison();
if (await get('/f/..%2f..%2f..%2fetc/passwd') === 200) throw new Error('left the root under poison');
