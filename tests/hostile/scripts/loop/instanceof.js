// A class that never says whether it has an instance.
// expect: interrupted
1 instanceof { [Symbol.hasInstance]() { for (;;); } };
