import * as fs from 'fs';

console.log(fs);
