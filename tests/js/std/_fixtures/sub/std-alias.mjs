import * as std from 'std';
import * as qjs from 'qjs:std';
import * as wqjs from 'wqjs:std';
export default [std === qjs, qjs === wqjs];
