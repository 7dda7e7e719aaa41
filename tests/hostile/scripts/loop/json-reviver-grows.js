// A reviver that always gives the parser more to do.
// expect: ok
JSON.parse('[1, 2]', function (k, v) { if (Array.isArray(this)) this.length = 1e9; return v; });
