// What is thrown is never text: it is read after the script has ended.
// expect: throws | interrupted
throw { toString() { for (;;); } };
