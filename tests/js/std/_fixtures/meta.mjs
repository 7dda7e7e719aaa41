export const { url, main, filename, dirname } = import.meta;
export const same = () => import.meta;
