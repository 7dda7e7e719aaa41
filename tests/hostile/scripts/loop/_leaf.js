// A module that is nothing.
export default 1;
