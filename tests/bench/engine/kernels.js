// Small kernels, each of one feature. An engine evaluates this file once and
// then calls the kernels by name.
const kernels = {};
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

kernels.fib27 = ()=>fib(27);
kernels.loop = ()=>{let s=0; for(let i=0;i<3e6;i++){s=(s+i*3)|0} return s};
kernels.float = ()=>{let s=0.5; for(let i=0;i<2e6;i++){s=s*1.0000001+0.1} return s};
kernels.props = ()=>{const o={a:1,b:2,c:3}; let s=0; for(let i=0;i<1e6;i++){o.a=o.b+o.c; s+=o.a} return s};
kernels.array = ()=>{const a=[]; for(let i=0;i<5e5;i++)a.push(i); let s=0; for(const x of a)s+=x; return s};
kernels.sort = ()=>{const a=[]; let r=12345; for(let i=0;i<5e4;i++){r=(r*1103515245+12345)&0x7fffffff;a.push(r)} a.sort((x,y)=>x-y)};
kernels.string = ()=>{let s=''; for(let i=0;i<2e4;i++){s+='abc'} return s.length};
kernels.split = ()=>{let s='a,b,c,d,e,f,g,h'; let k=0; for(let i=0;i<3e4;i++){k+=s.split(',').join(';').length} return k};
kernels.regex = ()=>{const re=/(\w+)@(\w+)\.com/g; let k=0; const s='foo@bar.com hello x@y.com '.repeat(200); for(let i=0;i<30;i++){k+=[...s.matchAll(re)].length} return k};
kernels.json = ()=>{const o={a:[1,2,3,{b:'hello',c:null}],d:'x'.repeat(100),e:1.5}; let k=0; for(let i=0;i<1e4;i++){k+=JSON.stringify(JSON.parse(JSON.stringify(o))).length} return k};
kernels.closure = ()=>{const f=x=>y=>x+y; let s=0; for(let i=0;i<5e5;i++)s+=f(i)(1); return s};
kernels.class = ()=>{class A{#x=1;constructor(y){this.y=y} get v(){return this.#x+this.y}} let s=0; for(let i=0;i<2e5;i++){s+=new A(i).v} return s};
kernels.typed = ()=>{const a=new Uint8Array(65536); let s=0; for(let k=0;k<20;k++)for(let i=0;i<65536;i++){a[i]=(a[i]+i)&255; s+=a[i]} return s};
kernels.map = ()=>{const m=new Map(); for(let i=0;i<1e5;i++)m.set('k'+i,i); let s=0; for(const [k,v] of m)s+=v; return s};
kernels.gen = ()=>{function* g(){for(let i=0;i<2e5;i++)yield i} let s=0; for(const x of g())s+=x; return s};
kernels.trycatch = ()=>{let s=0; for(let i=0;i<5e4;i++){try{throw new Error('x')}catch(e){s++}} return s};
kernels.bigint = ()=>{let a=1n; for(let i=1n;i<1200n;i++)a*=i; return a};
globalThis.kernels = kernels;
